//! Script files, which data actions name and which lie beside the manifests.

use std::sync::Arc;

use crate::model::{Code, MAX_SCRIPT_BYTES, Source};

use super::report::quote;
use super::text::{self, Content, File, Unreadable};

/// What lies at the path of a script; where nothing lies, there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ScriptFile {
    /// Its text, as it is sent. A byte order mark at the start is not part of it.
    Text(Arc<Source>),
    /// A link or a submodule.
    NotAFile,
    /// A file so large that it was not read.
    TooLarge,
    /// A file that is not UTF-8.
    NotUtf8,
}

/// Reads what lies at the path of a script.
pub fn script(file: File) -> ScriptFile {
    match file.content {
        Content::Link | Content::Submodule => ScriptFile::NotAFile,
        Content::TooLarge => ScriptFile::TooLarge,
        Content::Bytes(bytes) => match text::decode(bytes) {
            Ok(text) => ScriptFile::Text(Arc::new(Source { path: file.path, text })),
            Err(Unreadable { .. }) => ScriptFile::NotUtf8,
        },
    }
}

/// What is wrong with a script file: code, message, hint.
pub(super) type Fault = (Code, String, String);

/// Returns the path of a script relative to the flows folder, as a manifest at `manifest` names it.
pub(super) fn path(manifest: &str, named: &str) -> Result<String, Fault> {
    let fault = |says: &str, hint: &str| {
        let message = format!("{} {says}", quote(named));
        Err((Code::ScriptFile, message, hint.to_owned()))
    };
    let hint = "write it relative to the manifest, with `/`, and keep it in the flows folder";
    if named.starts_with('/') || named.contains('\\') {
        return fault("is no path relative to the manifest", hint);
    }
    if !named.strip_suffix(".js").is_some_and(|stem| !stem.is_empty() && !stem.ends_with('/')) {
        return fault(
            "is no path of a script",
            "scripts are JavaScript, in files that end in `.js`",
        );
    }
    let mut steps: Vec<&str> = manifest.split('/').collect();
    steps.pop();
    for step in named.split('/').filter(|step| !matches!(*step, "" | ".")) {
        if step != ".." {
            steps.push(step);
        } else if steps.pop().is_none() {
            return fault("leaves the flows folder", hint);
        }
    }
    Ok(steps.join("/"))
}

/// Returns the text of a script that was looked for at `path`.
pub(super) fn text<'f>(
    path: &str,
    found: Option<&'f ScriptFile>,
) -> Result<&'f Arc<Source>, Fault> {
    let fault = |code, says: &str, hint: &str| {
        Err((code, format!("{} {says}", quote(path)), hint.to_owned()))
    };
    match found {
        None => fault(Code::ScriptFile, "does not exist", "write the script, or correct the path"),
        Some(ScriptFile::NotAFile) => {
            fault(Code::ScriptFile, "is a link or a submodule", "commit the script itself")
        }
        Some(ScriptFile::NotUtf8) => {
            fault(Code::NotUtf8, "is not UTF-8", "save it as UTF-8 without other encodings")
        }
        Some(ScriptFile::TooLarge) => Err(too_large(None)),
        Some(ScriptFile::Text(source)) => Ok(source),
    }
}

/// Returns what is wrong with the length of a script.
pub(super) fn length_fault(script: &str) -> Option<Fault> {
    (script.len() > MAX_SCRIPT_BYTES).then(|| too_large(Some(script.len())))
}

fn too_large(bytes: Option<usize>) -> Fault {
    let has = bytes.map_or_else(|| "far more".to_owned(), |bytes| bytes.to_string());
    let message = format!("a script has at most {MAX_SCRIPT_BYTES} bytes, this one has {has}");
    let hint = "move a part of it into a data action of its own, and depend on that";
    (Code::ScriptTooLarge, message, hint.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_manifest_and_stay_in_the_flows_folder() {
        let table = [
            ("a.yaml", "x.js", "x.js"),
            ("data-actions/a.yaml", "x.js", "data-actions/x.js"),
            ("data-actions/a.yaml", "./b//x.js", "data-actions/b/x.js"),
            ("data-actions/a.yaml", "../scripts/x.js", "scripts/x.js"),
            ("a/b/c.yaml", "../../d/../x.js", "x.js"),
            ("a/b.yaml", "x y.min.js", "a/x y.min.js"),
        ];
        for (manifest, named, expected) in table {
            assert_eq!(path(manifest, named).as_deref(), Ok(expected), "{named}");
        }
        for named in [
            "",
            "/x.js",
            "../x.js",
            "b/../../x.js",
            "b\\x.js",
            "x",
            "x.mjs",
            "x.JS",
            "x.js/",
            ".js",
            "b/.js",
        ] {
            assert!(path("a.yaml", named).is_err(), "{named}");
        }
    }

    #[test]
    fn bytes_become_text_without_a_byte_order_mark() {
        let read = |content| script(File { path: "x.js".to_owned(), content });
        let text = |text: &str| Source { path: "x.js".to_owned(), text: text.to_owned() };
        let bytes = |bytes: &[u8]| read(Content::Bytes(bytes.to_vec()));
        assert_eq!(bytes(b"a\r\nb"), ScriptFile::Text(text("a\r\nb").into()));
        assert_eq!(bytes("\u{feff}a".as_bytes()), ScriptFile::Text(text("a").into()));
        assert_eq!(bytes(b"\xff"), ScriptFile::NotUtf8);
        assert_eq!(read(Content::Link), ScriptFile::NotAFile);
        assert_eq!(read(Content::Submodule), ScriptFile::NotAFile);
        assert_eq!(read(Content::TooLarge), ScriptFile::TooLarge);
    }
}
