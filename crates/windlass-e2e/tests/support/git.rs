//! A Git repository that is served over HTTP by the real `git http-backend`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use windlass_git::write::{Author, Change, Repository};

/// A repository with one branch, `main`, and the address where it is served.
pub(crate) struct Served {
    pub(crate) url: String,
    repository: Repository,
    commits: std::cell::Cell<u64>,
    _folder: tempfile::TempDir,
}

impl Served {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let repository = Repository::init(folder.path().join("fleet.git")).expect("a new repository");
        let origin = serve(folder.path());
        let url = format!("{origin}/fleet.git");
        Self { url, repository, commits: 0.into(), _folder: folder }
    }

    /// Commits files; `None` removes one.
    pub(crate) fn commit(&self, message: &str, files: &[(&str, Option<&str>)]) -> String {
        let at = 1_760_000_000 + self.commits.get() as i64;
        self.commits.set(self.commits.get() + 1);
        let changes: Vec<Change> = files
            .iter()
            .map(|(path, text)| match text {
                Some(text) => Change::file(*path, *text),
                None => Change::remove(*path),
            })
            .collect();
        let author = Author::new("Ada", "ada@example.org", at);
        self.repository.commit("main", message, &author, &changes).expect("a commit").to_string()
    }

    /// Packs all objects, as Git servers do in the background.
    pub(crate) fn pack(&self) {
        let status = Command::new("git")
            .args(["-c", "safe.directory=*", "repack", "-adq"])
            .current_dir(self.repository.path())
            .status();
        assert!(status.is_ok_and(|status| status.success()), "git repack must succeed");
    }
}

/// Serves the repositories of a folder until the process ends.
fn serve(root: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    let backend = std::sync::Arc::new(Backend { program: program(), root: root.to_owned() });
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let backend = std::sync::Arc::clone(&backend);
            std::thread::spawn(move || backend.serve(stream));
        }
    });
    origin
}

struct Request {
    method: String,
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

fn read(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut line = String::new();
    stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length =
        headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    Some(Request { method, path: path.into(), query: query.into(), headers, body })
}

/// `git http-backend`, and the folder whose repositories it serves.
struct Backend {
    program: PathBuf,
    root: PathBuf,
}

impl Backend {
    fn serve(&self, stream: TcpStream) {
        let mut reader = BufReader::new(stream);
        while let Some(request) = read(&mut reader) {
            if reader.get_mut().write_all(&self.answer(&request)).is_err() {
                return;
            }
        }
    }

    /// Hands a request over, as a web server does by CGI.
    fn answer(&self, request: &Request) -> Vec<u8> {
        let header =
            |name: &str| request.headers.iter().find(|(have, _)| have == name).map_or("", |(_, value)| value);
        let mut child = Command::new(&self.program)
            .env_clear()
            .envs([
                ("GIT_PROJECT_ROOT", self.root.as_os_str()),
                ("GIT_HTTP_EXPORT_ALL", "1".as_ref()),
                ("REQUEST_METHOD", request.method.as_ref()),
                ("PATH_INFO", request.path.as_ref()),
                ("QUERY_STRING", request.query.as_ref()),
                ("CONTENT_TYPE", header("content-type").as_ref()),
                ("GIT_PROTOCOL", header("git-protocol").as_ref()),
                ("HTTP_CONTENT_ENCODING", header("content-encoding").as_ref()),
                ("CONTENT_LENGTH", request.body.len().to_string().as_ref()),
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("git http-backend must start");
        child
            .stdin
            .take()
            .expect("a pipe")
            .write_all(&request.body)
            .expect("the backend must read its input");
        let output = child.wait_with_output().expect("the backend must end").stdout;
        let split = output.windows(4).position(|bytes| bytes == b"\r\n\r\n").expect("headers");
        let (headers, body) = (String::from_utf8_lossy(&output[..split]), &output[split + 4..]);
        let status = headers.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK");
        let rest: String = headers
            .lines()
            .filter(|line| !line.starts_with("Status:"))
            .map(|line| format!("{line}\r\n"))
            .collect();
        let mut answer =
            format!("HTTP/1.1 {status}\r\n{rest}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
        answer.extend_from_slice(body);
        answer
    }
}

fn program() -> PathBuf {
    let output = Command::new("git").arg("--exec-path").output().expect("these tests need git");
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()).join("git-http-backend")
}
