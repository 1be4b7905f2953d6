//! The lock on an environment, for processes on one machine.
//!
//! The operating system holds it, so it ends with the process that took it, however that ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::note::one_line;
use super::{Error, Repo, refs};

/// Who holds a lock, as it is written into the lock's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Who runs flowgate.
    pub operator: String,
    /// On which machine.
    pub host: String,
    /// In which process.
    pub pid: u32,
    /// From when on.
    pub since: Timestamp,
}

impl Holder {
    pub(super) fn describe(holder: Option<&Self>) -> String {
        let Some(holder) = holder else { return "another process".to_owned() };
        let Self { operator, host, pid, since } = holder;
        format!("{} on {} (process {pid}) since {since}", one_line(operator), one_line(host))
    }
}

/// The lock on an environment, held until this is dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Only tidies up: the lock ends with the file, whatever it says.
        let _ = self.file.set_len(0);
        // Closing alone is not enough while a child process that was just forked, and has not
        // begun its program yet, shares the file.
        let _ = self.file.unlock();
    }
}

impl Repo {
    /// Takes the lock on an environment without waiting.
    ///
    /// All worktrees of a repository share it; clones do not. Fails with [`Error::Locked`] if
    /// someone else holds it, and with an error too if that cannot be found out.
    pub fn lock(&self, environment: &str, holder: &Holder) -> Result<Lock, Error> {
        refs::name("refs/flowgate/lock", environment)?;
        let folder = self.data_dir().join("lock");
        fs::create_dir_all(&folder).map_err(Error::io("make the folder", &folder))?;
        let path = folder.join(environment);
        let mut file = open(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let environment = environment.to_owned();
                return Err(Error::Locked { environment, holder: read_holder(&mut file) });
            }
            Err(TryLockError::Error(error)) => return Err(Error::io("lock", &path)(error)),
        }
        write_holder(&mut file, holder).map_err(Error::io("write the lock's holder to", &path))?;
        Ok(Lock { file })
    }
}

fn open(path: &Path) -> Result<File, Error> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(Error::io("open the lock file", path))
}

/// Reads who holds a lock; a holder that is just writing that down is not known yet.
fn read_holder(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

fn write_holder(file: &mut File, holder: &Holder) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", serde_json::to_string(holder)?)
}
