//! An SSH server in this process that serves the repositories of a folder, and what it needs of keys.

use std::io::{self, Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use russh::keys::ssh_key::LineEnding;
use russh::keys::{Algorithm, EcdsaCurve, PrivateKey, key::safe_rng};
use russh::server::{Auth, Config, Handle, Handler, Msg, Session, VerifiedPublicKey};
use russh::{Channel, ChannelId, server};

use super::upload_pack::upload_pack;

pub const ED25519: Algorithm = Algorithm::Ed25519;
pub const P256: Algorithm = Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 };
pub const P384: Algorithm = Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 };
pub const P521: Algorithm = Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 };
pub const RSA: Algorithm = Algorithm::Rsa { hash: None };

/// A new key.
pub fn key(kind: Algorithm) -> PrivateKey {
    PrivateKey::random(&mut safe_rng(), kind).unwrap()
}

/// A private key as ssh-keygen writes it.
pub fn text(key: &PrivateKey) -> String {
    key.to_openssh(LineEnding::LF).unwrap().to_string()
}

/// What a command does.
#[derive(Debug, Clone, Copy)]
pub enum Command {
    /// Serves the repository.
    Git,
    /// Says this on its standard error and fails.
    Fails(&'static str),
    /// As `Git`, with much on its standard error.
    Noisy,
    /// As `Git`, but ends after so many bytes.
    BreaksOff(usize),
    /// Never answers.
    Silence,
}

/// A server on the loopback that ends with the process.
pub struct Sshd {
    pub port: u16,
    pub keys: Vec<PrivateKey>,
    asked: Arc<Mutex<Vec<String>>>,
    command: Arc<Mutex<Command>>,
}

impl Sshd {
    /// Serves the repositories of a folder to whoever shows this key.
    pub fn new(root: &Path, keys: Vec<PrivateKey>, client: &PrivateKey, command: Command) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (asked, command) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(command)));
        let guest = Guest {
            root: root.to_owned(),
            client: client.public_key().to_bytes().unwrap(),
            command: Arc::clone(&command),
            asked: Arc::clone(&asked),
            protocol: String::new(),
            input: None,
        };
        let config = Arc::new(Config {
            keys: keys.clone(),
            auth_rejection_time: Duration::ZERO,
            auth_rejection_time_initial: Some(Duration::ZERO),
            ..Config::default()
        });
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                while let Ok((stream, _)) = listener.accept().await {
                    let (config, guest) = (Arc::clone(&config), guest.clone());
                    tokio::spawn(async move {
                        if let Ok(session) = server::run_stream(config, stream, guest).await {
                            let _ = session.await;
                        }
                    });
                }
            });
        });
        Self { port, keys, asked, command }
    }

    /// Lets commands do something else from now on.
    pub fn does(&self, command: Command) {
        *self.command.lock().unwrap() = command;
    }

    /// The address of a repository.
    pub fn url(&self, path: &str) -> String {
        format!("ssh://git@127.0.0.1:{}/{path}", self.port)
    }

    /// Lines of known hosts for all keys of the server.
    pub fn known_hosts(&self) -> String {
        self.known_by(&self.keys)
    }

    /// Lines of known hosts for some keys.
    pub fn known_by(&self, keys: &[PrivateKey]) -> String {
        let line = |key: &PrivateKey| {
            format!("[127.0.0.1]:{} {}\n", self.port, key.public_key().to_openssh().unwrap())
        };
        keys.iter().map(line).collect()
    }

    /// Takes the commands since the last look, each with the version of the protocol.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

#[derive(Clone)]
struct Guest {
    root: PathBuf,
    client: Vec<u8>,
    command: Arc<Mutex<Command>>,
    asked: Arc<Mutex<Vec<String>>>,
    protocol: String,
    input: Option<Arc<Sender<Vec<u8>>>>,
}

impl Handler for Guest {
    type Error = russh::Error;

    async fn auth_publickey(&mut self, user: &str, key: VerifiedPublicKey<'_>) -> Result<Auth, russh::Error> {
        let is_ours = user == "git" && key.public_key.to_bytes().is_ok_and(|bytes| bytes == self.client);
        Ok(if is_ours { Auth::Accept } else { Auth::reject() })
    }

    async fn channel_open_session(
        &mut self,
        _: Channel<Msg>,
        reply: server::ChannelOpenHandle,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        reply.accept().await;
        Ok(())
    }

    async fn env_request(
        &mut self,
        _: ChannelId,
        name: &str,
        value: &str,
        _: &mut Session,
    ) -> Result<(), russh::Error> {
        self.protocol = format!("{name}={value}");
        Ok(())
    }

    async fn exec_request(
        &mut self,
        id: ChannelId,
        command: &[u8],
        session: &mut Session,
    ) -> Result<(), russh::Error> {
        let command = String::from_utf8_lossy(command).into_owned();
        self.asked.lock().unwrap().push(format!("{} {command}", self.protocol));
        session.channel_success(id)?;
        let (sender, input) = mpsc::channel();
        self.input = Some(Arc::new(sender));
        let path = command.trim_start_matches("git-upload-pack ").trim_matches('\'').trim_start_matches('/');
        let path = self.root.join(path);
        let does = *self.command.lock().unwrap();
        let output = Output {
            handle: session.handle(),
            id,
            runtime: tokio::runtime::Handle::current(),
            left: match does {
                Command::BreaksOff(bytes) => bytes,
                _ => usize::MAX,
            },
        };
        std::thread::spawn(move || serve(does, &path, Input(input, Cursor::default()), output));
        Ok(())
    }

    async fn data(&mut self, _: ChannelId, data: &[u8], _: &mut Session) -> Result<(), russh::Error> {
        if let Some(input) = &self.input {
            let _ = input.send(data.to_owned());
        }
        Ok(())
    }

    async fn channel_eof(&mut self, _: ChannelId, _: &mut Session) -> Result<(), russh::Error> {
        self.input = None;
        Ok(())
    }
}

fn serve(command: Command, path: &Path, input: Input, mut output: Output) {
    let exit = match command {
        Command::Fails(words) => {
            output.say(words.as_bytes());
            1
        }
        Command::Silence => loop {
            std::thread::park();
        },
        Command::Git | Command::Noisy | Command::BreaksOff(_) => {
            if matches!(command, Command::Noisy) {
                for _ in 0..300 {
                    output.say(&[b'x'; 1000]);
                }
            }
            if path.exists() {
                u32::from(upload_pack(path, input, &mut output).is_none())
            } else {
                let path = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                output.say(format!("fatal: '{path}' does not appear to be a git repository\n").as_bytes());
                128
            }
        }
    };
    let Output { handle, id, runtime, .. } = output;
    runtime.block_on(async {
        let _ = handle.exit_status_request(id, exit).await;
        let _ = handle.eof(id).await;
        let _ = handle.close(id).await;
    });
}

/// What a client sends to a command.
struct Input(Receiver<Vec<u8>>, Cursor<Vec<u8>>);

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.1.read(buffer)? {
                0 => match self.0.recv() {
                    Ok(more) => self.1 = Cursor::new(more),
                    Err(_) => return Ok(0),
                },
                count => return Ok(count),
            }
        }
    }
}

/// What a command sends to a client.
struct Output {
    handle: Handle,
    id: ChannelId,
    runtime: tokio::runtime::Handle,
    left: usize,
}

impl Output {
    fn say(&self, words: &[u8]) {
        let _ = self.runtime.block_on(self.handle.extended_data(self.id, 1, words.to_vec()));
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let bytes = &bytes[..bytes.len().min(self.left)];
        self.left -= bytes.len();
        let sent = self.runtime.block_on(self.handle.data(self.id, bytes.to_vec()));
        sent.map(|()| bytes.len()).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
