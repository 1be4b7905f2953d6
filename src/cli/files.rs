//! Files that a command makes: all of them, or none.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::error::Error;
use crate::model::ProjectText;

/// What becomes of a file that is there and holds something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Existing {
    /// Nothing is written at all; the error says what to do.
    Refuse(&'static str),
    /// It is written over.
    Replace,
}

/// How many existing files an error names.
const NAMED: usize = 10;

/// Writes files below a folder. Those that hold the same already are left as they are.
///
/// Everything is on disk under another name before the first file appears under its own.
pub(super) fn write_all(
    folder: &Path,
    files: &[ProjectText],
    existing: Existing,
) -> Result<(), Error> {
    let mut open = Vec::new();
    let mut taken = Vec::new();
    for file in files {
        let path = folder.join(&file.path);
        match there(&path, &file.text)? {
            There::Nothing => open.push((path, file)),
            There::Same => {}
            There::Other if existing == Existing::Replace => open.push((path, file)),
            There::Other => taken.push(file.path.as_str()),
        }
    }
    if let (Existing::Refuse(hint), false) = (existing, taken.is_empty()) {
        return Err(Error::Exists { files: named(&taken), hint });
    }
    let prepared: Result<Vec<_>, Error> =
        open.into_iter().map(|(path, file)| Ok((prepare(&path, &file.text)?, path))).collect();
    for (temporary, path) in prepared? {
        let persisted = match existing {
            Existing::Refuse(_) => temporary.persist_noclobber(&path),
            Existing::Replace => temporary.persist(&path),
        };
        persisted.map_err(|error| failed(&path)(error.error))?;
    }
    Ok(())
}

fn named(taken: &[&str]) -> String {
    let more = match taken.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", taken.iter().take(NAMED).copied().collect::<Vec<_>>().join(", "))
}

enum There {
    Nothing,
    Same,
    Other,
}

fn there(path: &Path, text: &str) -> Result<There, Error> {
    let found = match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(There::Nothing),
        found => found.map_err(Error::io(format!("look at {}", path.display())))?,
    };
    if !found.is_file() {
        return Ok(There::Other);
    }
    let held = std::fs::read(path).map_err(Error::io(format!("read {}", path.display())))?;
    Ok(if held == text.as_bytes() { There::Same } else { There::Other })
}

fn prepare(path: &Path, text: &str) -> Result<NamedTempFile, Error> {
    let folder = path.parent().map_or_else(|| PathBuf::from("."), Path::to_owned);
    std::fs::create_dir_all(&folder)
        .map_err(Error::io(format!("make the folder {}", folder.display())))?;
    let write = || {
        let mut file = builder().tempfile_in(&folder)?;
        file.write_all(text.as_bytes())?;
        Ok(file)
    };
    write().map_err(failed(path))
}

/// A temporary file is for its owner's eyes only; one that stays is for those of the folder.
pub(super) fn builder() -> tempfile::Builder<'static, 'static> {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "permissions are those of the folder"))]
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> Error {
    // The cause may name the temporary file, which says nothing to anybody.
    let doing = format!("write {}", path.display());
    move |error| Error::io(doing)(io::Error::other(error.kind().to_string()))
}
