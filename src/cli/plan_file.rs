//! Plans that are saved to be reviewed, and applied as they were.

use std::io::Write;
use std::path::Path;

use serde_json::Value;

use super::error::Error;
use super::files;
use crate::controller::Reviewed;

/// Writes a plan whole or not at all.
pub(super) fn save(path: &Path, plan: &Value) -> Result<(), Error> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let write = || {
        let mut file = files::builder().tempfile_in(folder)?;
        writeln!(file, "{plan:#}")?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    let failed = |error: std::io::Error| {
        // The cause may name the temporary file, which says nothing to anybody.
        std::io::Error::other(error.kind().to_string())
    };
    write().map_err(failed).map_err(Error::io(format!("write the plan to {}", path.display())))
}

/// Reads what is compared of a saved plan.
pub(super) fn read(path: &Path) -> Result<Reviewed, Error> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(Error::io(format!("read {name}")))?;
    let foreign = |what: String| {
        Error::Refused(format!(
            "{name} is not a plan ({what}); make one with --dry-run --out {name}"
        ))
    };
    let plan: Value = serde_json::from_str(&text).map_err(|error| foreign(error.to_string()))?;
    Reviewed::read(name.clone(), &plan).map_err(foreign)
}
