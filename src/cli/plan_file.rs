//! Plans that are saved to be reviewed, and applied as they were.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use serde_json::Value;

use super::error::Error;
use crate::controller::Reviewed;

/// Writes a plan whole or not at all.
pub(super) fn save(path: &Path, plan: &Value) -> Result<(), Error> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let write = || {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
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
    let field = |key: &str| {
        let value = plan.get(key).and_then(Value::as_str).map(str::to_owned);
        value.ok_or_else(|| foreign(format!("no {key}")))
    };
    Ok(Reviewed {
        hash: field("hash")?,
        revision: field("revision")?,
        environment: field("environment")?,
        resources: resources(&plan),
        path: name,
    })
}

/// Returns a plan document's resources by kind and name.
fn resources(plan: &Value) -> BTreeMap<String, Value> {
    let text = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let list = plan["resources"].as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter()
        .map(|one| (format!("{}/{}", text(one, "kind"), text(one, "name")), one.clone()))
        .collect()
}
