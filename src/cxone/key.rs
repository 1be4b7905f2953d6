//! Names a write, so that a repeat of it makes no twin.

use std::fmt;

use sha2::{Digest, Sha256};

/// The value of an `Idempotency-Key` header: 64 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Returns the key of what the parts say: equal parts give an equal key.
    ///
    /// Each part counts with its length, so `["ab", "c"]` and `["a", "bc"]` differ.
    pub fn of(parts: &[&str]) -> Self {
        let mut hasher = Sha256::new();
        for part in parts {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        let mut digits = String::with_capacity(64);
        for byte in hasher.finalize() {
            for half in [byte >> 4, byte & 15] {
                digits.extend(char::from_digit(u32::from(half), 16));
            }
        }
        Self(digits)
    }

    /// Returns the digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_its_parts_apart() {
        let key = IdempotencyKey::of(&["ab", "c"]);
        assert_eq!(key, IdempotencyKey::of(&["ab", "c"]));
        assert_ne!(key, IdempotencyKey::of(&["a", "bc"]));
        assert_ne!(key, IdempotencyKey::of(&["ab", "c", ""]));
        assert_eq!(key.as_str().len(), 64);
    }
}
