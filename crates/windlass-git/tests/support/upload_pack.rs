//! The server's half of Git's protocol in version 2, as far as the tests need it: references, and packs of one commit.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use gix::ObjectId;
use gix::objs::Kind;
use sha1::{Digest as _, Sha1};

/// Answers questions about a repository until there is none.
pub fn upload_pack(path: &Path, mut input: impl Read, mut output: impl Write) -> Option<()> {
    let repository = gix::open(path).ok()?;
    for line in ["version 2", "agent=a-test", "ls-refs=unborn", "fetch=shallow", "object-format=sha1"] {
        write_line(&mut output, format!("{line}\n").as_bytes())?;
    }
    flush(&mut output)?;
    while let Some(asked) = question(&mut input) {
        match asked.first()?.as_str() {
            "command=ls-refs" => list(&repository, &asked, &mut output)?,
            "command=fetch" => give(&repository, &asked, &mut output)?,
            _ => return None,
        }
    }
    Some(())
}

/// The lines of one question.
fn question(input: &mut impl Read) -> Option<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let mut length = [0; 4];
        input.read_exact(&mut length).ok()?;
        match usize::from_str_radix(std::str::from_utf8(&length).ok()?, 16).ok()? {
            0 => return Some(lines),
            1 => {}
            length => {
                let mut line = vec![0; length - 4];
                input.read_exact(&mut line).ok()?;
                lines.push(String::from_utf8(line).ok()?.trim_end().to_owned());
            }
        }
    }
}

fn list(repository: &gix::Repository, asked: &[String], output: &mut impl Write) -> Option<()> {
    let prefixes: Vec<&str> = asked.iter().filter_map(|line| line.strip_prefix("ref-prefix ")).collect();
    let is_asked = |name: &str| prefixes.is_empty() || prefixes.iter().any(|start| name.starts_with(start));
    if let (true, Ok(head), Ok(Some(name))) = (is_asked("HEAD"), repository.head_id(), repository.head_name())
    {
        write_line(output, format!("{head} HEAD symref-target:{}\n", name.as_bstr()).as_bytes())?;
    }
    for found in repository.references().ok()?.all().ok()? {
        let mut found = found.ok()?;
        let name = found.name().as_bstr().to_string();
        let own = found.target().try_id()?.to_owned();
        let peeled = found.peel_to_id().ok()?.detach();
        let behind = if peeled == own { String::new() } else { format!(" peeled:{peeled}") };
        if is_asked(&name) {
            write_line(output, format!("{own} {name}{behind}\n").as_bytes())?;
        }
    }
    flush(output)
}

fn give(repository: &gix::Repository, asked: &[String], output: &mut impl Write) -> Option<()> {
    let want = asked.iter().find_map(|line| line.strip_prefix("want "))?;
    let want = ObjectId::from_hex(want.as_bytes()).ok()?;
    if !repository.has_object(want) {
        write_line(output, format!("ERR upload-pack: not our ref {want}").as_bytes())?;
        return None;
    }
    let is_shallow = asked.iter().any(|line| line == "deepen 1");
    let mut objects = BTreeSet::new();
    gather(repository, want, is_shallow, &mut objects)?;
    if is_shallow {
        write_line(output, b"shallow-info\n")?;
        write_line(output, format!("shallow {want}\n").as_bytes())?;
        output.write_all(b"0001").ok()?;
    }
    write_line(output, b"packfile\n")?;
    for part in packed(repository, &objects)?.chunks(60_000) {
        let mut line = vec![1];
        line.extend_from_slice(part);
        write_line(output, &line)?;
    }
    flush(output)
}

/// All that belongs to an object.
fn gather(
    repository: &gix::Repository,
    id: ObjectId,
    is_shallow: bool,
    all: &mut BTreeSet<ObjectId>,
) -> Option<()> {
    if !all.insert(id) {
        return Some(());
    }
    let object = repository.find_object(id).ok()?;
    match object.kind {
        Kind::Blob => {}
        Kind::Tag => gather(repository, object.into_tag().target_id().ok()?.detach(), is_shallow, all)?,
        Kind::Tree => {
            for entry in object.into_tree().iter() {
                gather(repository, entry.ok()?.oid().to_owned(), is_shallow, all)?;
            }
        }
        Kind::Commit => {
            let commit = object.into_commit();
            gather(repository, commit.tree_id().ok()?.detach(), is_shallow, all)?;
            for parent in commit.parent_ids().filter(|_| !is_shallow) {
                gather(repository, parent.detach(), is_shallow, all)?;
            }
        }
    }
    Some(())
}

fn packed(repository: &gix::Repository, objects: &BTreeSet<ObjectId>) -> Option<Vec<u8>> {
    let mut pack = b"PACK\0\0\0\x02".to_vec();
    pack.extend(u32::try_from(objects.len()).ok()?.to_be_bytes());
    for id in objects {
        let object = repository.find_object(*id).ok()?;
        let kind: u8 = match object.kind {
            Kind::Commit => 1,
            Kind::Tree => 2,
            Kind::Blob => 3,
            Kind::Tag => 4,
        };
        let mut size = object.data.len();
        let mut byte = kind << 4 | (size & 15) as u8;
        size >>= 4;
        while size > 0 {
            pack.push(byte | 0x80);
            byte = (size & 0x7f) as u8;
            size >>= 7;
        }
        pack.push(byte);
        let mut packer = ZlibEncoder::new(pack, Compression::fast());
        packer.write_all(&object.data).ok()?;
        pack = packer.finish().ok()?;
    }
    let sum = Sha1::digest(&pack);
    pack.extend_from_slice(&sum);
    Some(pack)
}

fn write_line(output: &mut impl Write, line: &[u8]) -> Option<()> {
    output.write_all(format!("{:04x}", line.len() + 4).as_bytes()).ok()?;
    output.write_all(line).ok()
}

fn flush(output: &mut impl Write) -> Option<()> {
    output.write_all(b"0000").and_then(|()| output.flush()).ok()
}
