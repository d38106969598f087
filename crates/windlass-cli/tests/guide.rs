//! The sessions of the guides in docs/, each in an empty folder, with the real binary.
//!
//! `UPDATE_GUIDE=1 cargo test -p windlass-cli --test guide` writes what the commands say into the pages.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use windlass_git::write::{Author, Change, Repository};

/// For what stands where a page needs a whole address: the folder of the session.
const REPOSITORIES: &str = "file:///srv/";

/// The folder of the session, and how the last command ended.
struct Session {
    folder: PathBuf,
    code: Option<i32>,
    /// The files of the last commit.
    committed: BTreeSet<String>,
    /// The digest of the last plan that waited, for which `sha256:…` stands.
    held: String,
    /// A file names the folder of the session, which is another each time, and so are the revisions of what it lies in.
    elsewhere: bool,
    /// The command that goes on in the background, and where it really takes webhooks.
    going_on: Option<(Child, String)>,
}

/// Where a page says that webhooks are taken.
const WEBHOOKS: &str = "127.0.0.1:9292";
/// The longest time until a command in the background has done something.
const WAIT_MAX: Duration = Duration::from_secs(60);

impl Drop for Session {
    fn drop(&mut self) {
        self.end();
    }
}

impl Session {
    fn new(folder: &Path) -> Self {
        Self {
            folder: folder.canonicalize().unwrap(),
            code: None,
            committed: BTreeSet::new(),
            held: String::new(),
            elsewhere: false,
            going_on: None,
        }
    }

    /// Plays a block: a file that is named in its first line, or commands. Gives the block as it should read.
    fn play(&mut self, words: &str, text: &str) -> String {
        match (words, text.lines().next().and_then(|line| line.strip_prefix("# "))) {
            ("yaml", Some(file)) => {
                let file = self.folder.join(file);
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(file, text.replace(REPOSITORIES, &self.repositories())).unwrap();
                self.elsewhere |= text.contains(REPOSITORIES);
                text.to_owned()
            }
            ("console", _) => {
                let commands = text.lines().filter_map(|line| line.strip_prefix("$ "));
                commands.map(|command| format!("$ {command}\n{}", self.run(command))).collect()
            }
            // A part of a file, or Rust that crates/windlass/src/guides.rs compiles.
            ("text" | "rust" | "rust,no_run", _) => text.to_owned(),
            _ => panic!("neither a file nor a session: {text}"),
        }
    }

    fn run(&mut self, command: &str) -> String {
        match command.split_once(' ') {
            _ if command == "echo $?" => format!("{}\n", self.code.expect("a command before it")),
            _ if command == "kill %1" => {
                self.end();
                String::new()
            }
            Some(("windlass", args)) if args.ends_with(" &") => self.begin(args.trim_end_matches(" &")),
            Some(("windlass", args)) => self.windlass(args),
            Some(("printf", args)) => self.printf(args),
            Some(("curl", args)) => self.curl(args),
            Some(("until", args)) => self.until(args),
            Some(("git", args)) => {
                self.git(args);
                String::new()
            }
            _ => panic!("not a command: {command}"),
        }
    }

    fn windlass(&mut self, args: &str) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_windlass"))
            .args(args.replace("sha256:…", &self.held).split_whitespace())
            .current_dir(&self.folder)
            .env_clear()
            .env("USER", "ada")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        self.code = output.status.code();
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        if let Some((_, plan)) = said.split_once("--plan ") {
            self.held = plan.chars().take("sha256:".len() + 64).collect();
        }
        let said = said.replace(&self.repositories(), REPOSITORIES);
        let said = timeless(&said.replace(&format!("{}/", self.folder.display()), ""));
        if self.elsewhere { without_revisions(&said) } else { said }
    }

    /// Begins a command that goes on, at an address that is free.
    fn begin(&mut self, args: &str) -> String {
        let mut child = Command::new(env!("CARGO_BIN_EXE_windlass"))
            .args(args.replace(WEBHOOKS, "127.0.0.1:0").split_whitespace())
            .current_dir(&self.folder)
            .env_clear()
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        let first = lines.next().unwrap_or_default();
        let address = first.rsplit(' ').next().unwrap_or_default().to_owned();
        // Somebody has to read what it says.
        std::thread::spawn(move || lines.for_each(drop));
        self.going_on = Some((child, address.clone()));
        format!("{}\n", first.replace(&address, WEBHOOKS))
    }

    fn end(&mut self) {
        if let Some((mut child, _)) = self.going_on.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Does what `printf %s TEXT > FILE` does.
    fn printf(&self, args: &str) -> String {
        let words = words(args);
        let [form, text, to, file] = words.as_slice() else { panic!("not a command: printf {args}") };
        assert_eq!((form.as_str(), to.as_str()), ("%s", ">"));
        fs::write(self.folder.join(file), text).unwrap();
        String::new()
    }

    /// Does what `curl -s -w '%{http_code}\n' -H … -d … URL` does.
    fn curl(&self, args: &str) -> String {
        let words = words(args);
        let after =
            |flag: &'static str| words.windows(2).filter(move |pair| pair[0] == flag).map(|pair| &pair[1]);
        assert_eq!(after("-w").next().unwrap(), "%{http_code}\\n");
        let (body, url) = (after("-d").next().unwrap(), words.last().unwrap());
        let path = url.strip_prefix(&format!("http://{WEBHOOKS}")).unwrap();
        let headers: String = after("-H").map(|header| format!("{header}\r\n")).collect();
        let (_, address) = self.going_on.as_ref().expect("a run before it");
        let mut stream = TcpStream::connect(address).unwrap();
        let length = body.len();
        let request =
            format!("POST {path} HTTP/1.1\r\nHost: it\r\n{headers}Content-Length: {length}\r\n\r\n{body}");
        stream.write_all(request.as_bytes()).unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        let (head, body) = said.split_once("\r\n\r\n").unwrap();
        format!("{body}{}\n", head.split(' ').nth(1).unwrap())
    }

    /// Does what `until grep -q WORD FILE; do sleep 1; done` does.
    fn until(&self, args: &str) -> String {
        let asked = args.strip_prefix("grep -q ").and_then(|rest| rest.strip_suffix("; do sleep 1; done"));
        let (word, file) = asked.and_then(|asked| asked.split_once(' ')).expect("until grep -q WORD FILE");
        let began = Instant::now();
        while !fs::read_to_string(self.folder.join(file)).is_ok_and(|text| text.contains(word)) {
            assert!(began.elapsed() < WAIT_MAX, "{file} never has {word}");
            std::thread::sleep(Duration::from_millis(10));
        }
        String::new()
    }

    /// The address of the folder of the session.
    fn repositories(&self) -> String {
        format!("file://{}/", self.folder.display())
    }

    /// Does what these commands of Git do, without Git, and at the same second each time.
    fn git(&mut self, args: &str) {
        let fleet = self.folder.join("fleet");
        match args.split_whitespace().collect::<Vec<_>>().as_slice() {
            ["init", "-q", "-b", "main", "fleet"] => drop(Repository::init(fleet.join(".git")).unwrap()),
            // A commit takes all that is there.
            ["-C", "fleet", "add", "."] => {}
            ["-C", "fleet", "rm", "-q", file] => fs::remove_file(fleet.join(file)).unwrap(),
            ["-C", "fleet", "mv", from, to] => fs::rename(fleet.join(from), fleet.join(to)).unwrap(),
            ["-C", "fleet", "commit", "-qm", message] => self.commit(&fleet, message),
            _ => panic!("not a command: git {args}"),
        }
    }

    fn commit(&mut self, fleet: &Path, message: &str) {
        let present = files(fleet, "");
        let gone = self.committed.difference(&present).map(Change::remove);
        let written = present.iter().map(|path| Change::file(path, fs::read(fleet.join(path)).unwrap()));
        let changes: Vec<Change> = gone.chain(written).collect();
        let author = Author::new("Ada", "ada@example.org", 1_700_000_000);
        Repository::open(fleet.join(".git")).unwrap().commit("main", message, &author, &changes).unwrap();
        self.committed = present;
    }
}

/// The words of a command; single quotes hold some together.
fn words(args: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (at, part) in args.split('\'').enumerate() {
        if at % 2 == 1 {
            words.push(part.to_owned())
        } else {
            words.extend(part.split_whitespace().map(str::to_owned))
        }
    }
    words
}

/// The files below a folder, without those of Git.
fn files(folder: &Path, prefix: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if entry.file_type().unwrap().is_dir() && name != ".git" {
            found.extend(files(&entry.path(), &format!("{prefix}{name}/")));
        } else if name != ".git" {
            found.insert(format!("{prefix}{name}"));
        }
    }
    found
}

/// Takes out when it was, and the digests of plans, which know it: `…` stands for `2026-11-30T06:33:37Z`.
fn timeless(text: &str) -> String {
    const SHAPE: &str = "0000-00-00T00:00:00Z";
    const PLANS: [&str; 3] = ["plan=sha256:", "--plan sha256:", "shop: plan "];
    let is_time = |text: &str| {
        text.len() >= SHAPE.len()
            && text.bytes().zip(SHAPE.bytes()).all(|(byte, shape)| match shape {
                b'0' => byte.is_ascii_digit(),
                _ => byte == shape,
            })
    };
    let (mut out, mut rest) = (String::new(), text);
    while let Some(first) = rest.chars().next() {
        if let Some((plan, digest)) = PLANS.iter().find_map(|plan| Some((plan, rest.strip_prefix(plan)?))) {
            out.push_str(plan);
            out.push('…');
            rest = digest.trim_start_matches(|letter: char| letter.is_ascii_hexdigit());
            continue;
        }
        let (shown, length) = if is_time(rest) { ('…', SHAPE.len()) } else { (first, first.len_utf8()) };
        out.push(shown);
        rest = &rest[length..];
    }
    out
}

/// Takes out the digests of folders: `sha256:…` stands for `sha256:54f311530a54`.
fn without_revisions(text: &str) -> String {
    const NAME: &str = "sha256:";
    let mut parts = text.split(NAME);
    let first = parts.next().unwrap_or_default().to_owned();
    let digest = |letter: char| letter.is_ascii_hexdigit() || letter == '…';
    parts.fold(first, |out, part| out + NAME + "…" + part.trim_start_matches(digest))
}

/// Plays all blocks of a page. Gives the page as it should read.
fn play(page: &str, session: &mut Session) -> String {
    let mut played = String::new();
    let mut block: Option<(&str, String)> = None;
    for line in page.lines() {
        match (&mut block, line.strip_prefix("```")) {
            (None, Some(words)) => {
                block = Some((words, String::new()));
                played.push_str(&format!("{line}\n"));
            }
            (None, None) => played.push_str(&format!("{line}\n")),
            (Some((words, text)), Some(_)) => {
                played.push_str(&session.play(words, text));
                played.push_str("```\n");
                block = None;
            }
            (Some((_, text)), None) => text.push_str(&format!("{line}\n")),
        }
    }
    played
}

/// Plays a page of docs/, and compares it with what the commands say.
fn check(page: &str) {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::new(folder.path());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(page);
    let page = fs::read_to_string(&path).unwrap();
    let played = play(&page, &mut session);
    if std::env::var_os("UPDATE_GUIDE").is_some() {
        fs::write(&path, &played).unwrap();
    } else {
        assert_eq!(page, played, "UPDATE_GUIDE=1 writes it anew");
    }
}

#[test]
fn the_guide_to_the_command_shows_what_it_says() {
    check("command.md");
}

#[test]
fn the_guide_to_bases_shows_what_the_command_says() {
    check("bases.md");
}

#[test]
fn the_guide_to_many_units_shows_what_the_command_says() {
    check("fleet.md");
}

#[test]
fn the_guide_to_moving_objects_shows_what_the_command_says() {
    check("moving.md");
}

#[test]
fn the_guide_to_hooks_shows_what_the_command_says() {
    check("hooks.md");
}

#[test]
fn the_guide_to_stopping_and_going_back_shows_what_the_command_says() {
    check("asking.md");
}

#[test]
fn the_guide_to_webhooks_shows_what_the_command_says() {
    check("webhooks.md");
}
