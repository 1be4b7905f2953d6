//! The data directory: one file, every change written through before the answer leaves.

use std::path::{Path, PathBuf};

use redb::{Builder, Database, Durability, ReadableDatabase, ReadableTable, TableDefinition};

use super::collection::Change;

/// `(collection, id)` to the document as JSON.
const DOCUMENTS: TableDefinition<(&str, &str), &[u8]> = TableDefinition::new("documents");
/// `format` to the layout of the documents.
const META: TableDefinition<&str, u64> = TableDefinition::new("meta");
const FORMAT: u64 = 1;
const FILE: &str = "emulator.redb";

/// Why a data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The directory cannot be made or read.
    #[error("cannot use {dir} as the emulator's data directory: {source}", dir = dir.display())]
    Directory {
        /// The data directory.
        dir: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// Another process has it open.
    #[error(
        "the emulator's data in {dir} is open in another process; \
         stop that emulator, or use another directory",
        dir = dir.display()
    )]
    InUse {
        /// The data directory.
        dir: PathBuf,
    },
    /// Written by another flowgate.
    #[error(
        "the emulator's data in {dir} has layout {found}, this flowgate knows {FORMAT}; \
         use the flowgate that wrote it, or delete the directory",
        dir = dir.display()
    )]
    Format {
        /// The data directory.
        dir: PathBuf,
        /// The layout that was found.
        found: u64,
    },
    /// A stored document makes no sense.
    #[error(
        "the emulator's data in {dir} is damaged at {document}: {reason}; delete the directory",
        dir = dir.display()
    )]
    Damaged {
        /// The data directory.
        dir: PathBuf,
        /// The document, as `collection/id`.
        document: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A document cannot be spelled as JSON.
    #[error("cannot write to {dir}: {source}", dir = dir.display())]
    Encode {
        /// The data directory.
        dir: PathBuf,
        /// What the encoder says.
        source: serde_json::Error,
    },
    /// The storage engine failed.
    #[error("the emulator's data in {dir} cannot be used: {source}", dir = dir.display())]
    Storage {
        /// The data directory.
        dir: PathBuf,
        /// What the storage engine says.
        source: Box<redb::Error>,
    },
}

/// The open data directory.
pub(super) struct Store {
    dir: PathBuf,
    database: Database,
}

impl Store {
    /// Opens the file in `dir`; makes both where they are missing.
    pub(super) fn open(dir: &Path) -> Result<Self, Error> {
        let directory = |source| Error::Directory { dir: dir.to_owned(), source };
        std::fs::create_dir_all(dir).map_err(directory)?;
        // Without the check a damaged file is a panic later on.
        let database = Builder::new()
            .set_check_integrity_on_open(true)
            .create(dir.join(FILE))
            .map_err(|error| failed(dir, error))?;
        let store = Self { dir: dir.to_owned(), database };
        store.check_format()?;
        Ok(store)
    }

    fn check_format(&self) -> Result<(), Error> {
        let found = self.stamp().map_err(|error| failed(&self.dir, error))?;
        if found == FORMAT {
            return Ok(());
        }
        Err(Error::Format { dir: self.dir.clone(), found })
    }

    /// Returns the layout on file, after writing ours into a new file.
    fn stamp(&self) -> Result<u64, redb::Error> {
        let transaction = self.database.begin_write()?;
        transaction.open_table(DOCUMENTS)?;
        let found = {
            let mut meta = transaction.open_table(META)?;
            let found = meta.get("format")?.map(|format| format.value());
            if found.is_none() {
                meta.insert("format", FORMAT)?;
            }
            found.unwrap_or(FORMAT)
        };
        transaction.commit()?;
        Ok(found)
    }

    /// Hands every stored document to `take`, as collection, id and bytes.
    pub(super) fn load(
        &self,
        mut take: impl FnMut(&str, &str, &[u8]) -> Result<(), String>,
    ) -> Result<(), Error> {
        let failed = |error: redb::Error| failed(&self.dir, error);
        let transaction = self.database.begin_read().map_err(|error| failed(error.into()))?;
        let table = transaction.open_table(DOCUMENTS).map_err(|error| failed(error.into()))?;
        for entry in table.iter().map_err(|error| failed(error.into()))? {
            let (key, document) = entry.map_err(|error| failed(error.into()))?;
            let (collection, id) = key.value();
            take(collection, id, document.value()).map_err(|reason| Error::Damaged {
                dir: self.dir.clone(),
                document: format!("{collection}/{id}"),
                reason,
            })?;
        }
        Ok(())
    }

    /// Writes all of `changes` or none; they are on disk when it returns.
    pub(super) fn commit(&self, changes: serde_json::Result<Vec<Change>>) -> Result<(), Error> {
        let changes = changes.map_err(|source| Error::Encode { dir: self.dir.clone(), source })?;
        if changes.is_empty() {
            return Ok(());
        }
        self.write(&changes).map_err(|error| failed(&self.dir, error))
    }

    fn write(&self, changes: &[Change]) -> Result<(), redb::Error> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(Durability::Immediate)?;
        {
            let mut table = transaction.open_table(DOCUMENTS)?;
            for Change { collection, key, document } in changes {
                match document {
                    Some(document) => table.insert((*collection, key.as_str()), &**document)?,
                    None => table.remove((*collection, key.as_str()))?,
                };
            }
        }
        Ok(transaction.commit()?)
    }
}

fn failed(dir: &Path, error: impl Into<redb::Error>) -> Error {
    match error.into() {
        redb::Error::DatabaseAlreadyOpen => Error::InUse { dir: dir.to_owned() },
        source => Error::Storage { dir: dir.to_owned(), source: Box::new(source) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documents(store: &Store) -> Vec<(String, Vec<u8>)> {
        let mut all = Vec::new();
        let take = |collection: &str, id: &str, document: &[u8]| {
            all.push((format!("{collection}/{id}"), document.to_vec()));
            Ok(())
        };
        store.load(take).expect("loads");
        all
    }

    fn change(key: &str, document: Option<&[u8]>) -> Change {
        Change { collection: "flows", key: key.into(), document: document.map(<[u8]>::to_vec) }
    }

    #[test]
    fn what_was_committed_is_there_after_reopening() {
        let dir = tempfile::tempdir().expect("makes a directory");
        let store = Store::open(dir.path()).expect("opens");
        store.commit(Ok(vec![change("a", Some(b"1")), change("b", Some(b"2"))])).expect("commits");
        store.commit(Ok(vec![change("a", None)])).expect("commits");
        drop(store);
        let store = Store::open(dir.path()).expect("opens again");
        assert_eq!(documents(&store), [("flows/b".to_owned(), b"2".to_vec())]);
    }

    #[test]
    fn a_directory_in_use_is_named() {
        let dir = tempfile::tempdir().expect("makes a directory");
        let _first = Store::open(dir.path()).expect("opens");
        let error = Store::open(dir.path()).err().expect("is refused");
        assert!(matches!(&error, Error::InUse { dir: named } if named == dir.path()));
        assert!(error.to_string().contains(&dir.path().display().to_string()));
    }

    #[test]
    fn a_file_that_is_no_database_is_an_error_that_names_the_directory() {
        let dir = tempfile::tempdir().expect("makes a directory");
        std::fs::write(dir.path().join(FILE), b"not a database").expect("writes");
        let error = Store::open(dir.path()).err().expect("is refused");
        assert!(error.to_string().contains(&dir.path().display().to_string()), "{error}");
    }
}
