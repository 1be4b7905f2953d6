use crate::model::{Code, Span};

use super::super::{Content, File, parse};
use super::{file, parsed};

fn of(content: Content) -> Vec<(Code, Span)> {
    let parsed = parse(File { path: "flows/a.yaml".to_owned(), content });
    parsed.findings().iter().map(|f| (f.code, f.location.span)).collect()
}

#[test]
fn links_and_submodules_are_not_followed() {
    assert_eq!(of(Content::Link), [(Code::NotAFile, Span::START)]);
    assert_eq!(of(Content::Submodule), [(Code::NotAFile, Span::START)]);
}

#[test]
fn a_file_may_have_sixteen_mebibytes_and_no_more() {
    let limit = 16 * 1024 * 1024;
    assert_eq!(of(Content::Bytes(vec![b'#'; limit])), []);
    assert_eq!(of(Content::Bytes(vec![b'#'; limit + 1])), [(Code::FileTooLarge, Span::START)]);
}

#[test]
fn the_first_byte_that_is_not_utf_8_is_pointed_at() {
    let place = Span { line: 2, column: 4, length: 1 };
    assert_eq!(
        of(Content::Bytes(b"# \xc3\xa4\n# \xc3\xa4\xff".to_vec())),
        [(Code::NotUtf8, Span { column: 4, ..place })]
    );
}

#[test]
fn a_byte_order_mark_is_not_part_of_the_text() {
    let parsed = parsed("\u{feff}{apiVersion: x}");
    assert!(parsed.source().text.starts_with("{apiVersion"));
    assert_eq!(parsed.findings()[1].location.span.column, 14);
}

#[test]
fn files_without_documents_are_fine() {
    for text in ["", "\n", "# nothing\n", "---\n", "---\n---\n...\n", "~\n", "null\n"] {
        let parsed = parse(file("flows/a.yaml", text));
        assert_eq!((parsed.findings(), parsed.flows.len()), (&[][..], 0), "{text:?}");
    }
}

#[test]
fn a_parsed_file_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>(_: &T) {}
    shared(&parsed(""));
}
