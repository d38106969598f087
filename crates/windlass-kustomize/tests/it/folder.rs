//! Folders of the disk as files in memory.

use std::fs;
use std::path::Path;

use windlass_testkit::MemoryFiles;

/// Reads a folder with all that is in it; links stay links.
pub(crate) fn read(root: &Path) -> MemoryFiles {
    let mut files = MemoryFiles::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            let kind = fs::symlink_metadata(&path).unwrap().file_type();
            if kind.is_symlink() {
                files = files.with_link(&name, fs::read_link(&path).unwrap().to_str().unwrap());
            } else if kind.is_dir() {
                open.push(path);
            } else {
                files = files.with(&name, fs::read(&path).unwrap());
            }
        }
    }
    files
}
