//! JSON pointers (RFC 6901).

/// Returns a key or an id as a step of a JSON pointer, without the slash before it.
pub fn pointer_step(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_and_tildes_are_escaped_in_one_order() {
        assert_eq!(pointer_step("a/b~c~1"), "a~1b~0c~01");
    }
}
