//! The session of docs/command.md, in an empty folder, with the real binary.
//!
//! `UPDATE_GUIDE=1 cargo test -p windlass-cli --test guide` writes what the commands say into the page.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The folder of the session, and how the last command ended.
struct Session {
    folder: PathBuf,
    code: Option<i32>,
}

impl Session {
    /// Plays a block: a file that is named in its first line, or commands. Gives the block as it should read.
    fn play(&mut self, words: &str, text: &str) -> String {
        match (words, text.lines().next().and_then(|line| line.strip_prefix("# "))) {
            ("yaml", Some(file)) => {
                let file = self.folder.join(file);
                fs::create_dir_all(file.parent().unwrap()).unwrap();
                fs::write(file, text).unwrap();
                text.to_owned()
            }
            ("console", _) => {
                let commands = text.lines().filter_map(|line| line.strip_prefix("$ "));
                commands.map(|command| format!("$ {command}\n{}", self.run(command))).collect()
            }
            // A part of a file, which stands for itself.
            ("text", _) => text.to_owned(),
            _ => panic!("neither a file nor a session: {text}"),
        }
    }

    fn run(&mut self, command: &str) -> String {
        if command == "echo $?" {
            return format!("{}\n", self.code.expect("a command before it"));
        }
        let args = command.strip_prefix("windlass ").unwrap_or_else(|| panic!("not a command: {command}"));
        let output = Command::new(env!("CARGO_BIN_EXE_windlass"))
            .args(args.split_whitespace())
            .current_dir(&self.folder)
            .env_clear()
            .stdin(Stdio::null())
            .output()
            .unwrap();
        self.code = output.status.code();
        let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        timeless(&said.replace(&format!("{}/", self.folder.display()), ""))
    }
}

/// Takes out when it was.
fn timeless(text: &str) -> String {
    let mut lines = String::new();
    for line in text.lines() {
        match line.split_once(" at 20") {
            Some((before, after)) => {
                let after = after.split_once("Z").map_or("", |(_, after)| after);
                lines.push_str(&format!("{before} at …{after}\n"));
            }
            None => lines.push_str(&format!("{line}\n")),
        }
    }
    lines
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

#[test]
fn the_guide_shows_what_the_command_says() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session { folder: folder.path().canonicalize().unwrap(), code: None };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/command.md");
    let page = fs::read_to_string(&path).unwrap();
    let played = play(&page, &mut session);
    if std::env::var_os("UPDATE_GUIDE").is_some() {
        fs::write(&path, &played).unwrap();
    } else {
        assert_eq!(page, played, "UPDATE_GUIDE=1 writes it anew");
    }
}
