//! The queue of Linux for changes in folders, [inotify](https://man7.org/linux/man-pages/man7/inotify.7.html).

use std::ffi::OsStr;
use std::io::{self, PipeReader};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::inotify::{CreateFlags, ReadFlags, Reader, WatchFlags, add_watch, init, remove_watch};

use super::table::{Raw, What};

/// Bytes of the queue that are read at once.
const READ_BYTES: usize = 16 << 10;

/// How many events are read before others have a turn. What is left is read by the next.
const EVENTS_MAX: usize = 16_384;

/// How long the thread lets changes gather, so that a burst of them wakes it seldom.
const GATHERS: Timespec = Timespec { tv_sec: 0, tv_nsec: 5_000_000 };

/// File systems whose changes may be made where nobody here is told: NFS, SMB, CIFS, SMB 2, FUSE, 9P, Ceph, AFS, vboxsf.
const REMOTE: [u32; 9] = [
    0x6969,
    0x517b,
    0xff53_4d42,
    0xfe53_4d42,
    0x6573_5546,
    0x0102_1997,
    0x00c3_6400,
    0x5346_414f,
    0x786f_4256,
];

pub(super) struct Kernel(OwnedFd);

/// Says whether the system tells of changes in a folder, which must be there.
pub(super) fn tells(folder: &Path) -> io::Result<bool> {
    let about = rustix::fs::statfs(folder)?;
    // The field is wider than the number in it, and signed on some machines.
    Ok(!REMOTE.contains(&(about.f_type as u32)))
}

/// Gives what tells one folder from another in its place.
pub(super) fn identity(folder: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(folder).ok().filter(std::fs::Metadata::is_dir).map(|about| (about.dev(), about.ino()))
}

impl Kernel {
    pub(super) fn open() -> io::Result<Self> {
        Ok(Self(init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?))
    }

    /// Watches a folder. A link is followed only where it is the root.
    pub(super) fn add(&self, folder: &Path, is_root: bool) -> io::Result<i32> {
        let mut what = WatchFlags::ONLYDIR
            | WatchFlags::CREATE
            | WatchFlags::MODIFY
            | WatchFlags::CLOSE_WRITE
            | WatchFlags::ATTRIB
            | WatchFlags::DELETE
            | WatchFlags::MOVED_FROM
            | WatchFlags::MOVED_TO
            | WatchFlags::DELETE_SELF
            | WatchFlags::MOVE_SELF;
        if !is_root {
            what |= WatchFlags::DONT_FOLLOW;
        }
        Ok(add_watch(&self.0, folder, what)?)
    }

    /// What is gone already need not be removed.
    pub(super) fn remove(&self, watch: i32) {
        let _ = remove_watch(&self.0, watch);
    }

    /// Reads what has happened by now. What cannot be read may have been missed.
    pub(super) fn read(&self) -> Vec<Raw> {
        let mut buffer = [MaybeUninit::uninit(); READ_BYTES];
        let mut reader = Reader::new(&self.0, &mut buffer);
        let mut events = Vec::new();
        while events.len() < EVENTS_MAX || !reader.is_buffer_empty() {
            match reader.next() {
                Ok(event) => {
                    let name = event.file_name().map(|name| OsStr::from_bytes(name.to_bytes()).to_owned());
                    events.extend(what(event.events()).map(|what| Raw { watch: event.wd(), what, name }));
                }
                Err(rustix::io::Errno::AGAIN) => break,
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => {
                    events.push(Raw { watch: -1, what: What::Overflow, name: None });
                    break;
                }
            }
        }
        events
    }

    /// Lets `drain` read whenever something has happened, until the other side of `ends` is dropped.
    pub(super) fn serve(&self, ends: &PipeReader, mut drain: impl FnMut()) {
        loop {
            let mut waits = [PollFd::new(ends, PollFlags::IN), PollFd::new(&self.0, PollFlags::IN)];
            match poll(&mut waits, None) {
                Ok(_) if !waits[0].revents().is_empty() => return,
                Ok(_) => drain(),
                Err(rustix::io::Errno::INTR) => continue,
                Err(_) => return,
            }
            let mut waits = [PollFd::new(ends, PollFlags::IN)];
            if poll(&mut waits, Some(&GATHERS)).is_ok_and(|ready| ready > 0) {
                return;
            }
        }
    }
}

fn what(flags: ReadFlags) -> Option<What> {
    let has = |flag| flags.contains(flag);
    let is_folder = has(ReadFlags::ISDIR);
    if has(ReadFlags::QUEUE_OVERFLOW) {
        Some(What::Overflow)
    } else if has(ReadFlags::IGNORED) {
        Some(What::Ignored)
    } else if has(ReadFlags::DELETE_SELF) || has(ReadFlags::MOVE_SELF) || has(ReadFlags::UNMOUNT) {
        Some(What::Itself)
    } else if is_folder && (has(ReadFlags::CREATE) || has(ReadFlags::MOVED_TO) || has(ReadFlags::ATTRIB)) {
        Some(What::FolderCame)
    } else if is_folder && has(ReadFlags::MOVED_FROM) {
        Some(What::FolderLeft { moved: true })
    } else if is_folder && has(ReadFlags::DELETE) {
        Some(What::FolderLeft { moved: false })
    } else if flags.is_empty() {
        None
    } else {
        Some(What::File)
    }
}
