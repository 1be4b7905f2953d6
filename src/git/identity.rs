//! Who writes flowgate's commits.

use jiff::Timestamp;

use super::{Error, Repo};

const NAME: &str = "flowgate";
const EMAIL: &str = "flowgate@localhost";

/// A name and an address, as git knows its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Such as `Ada Lovelace`.
    pub name: String,
    /// Such as `ada@acme.example`.
    pub email: String,
}

impl Identity {
    /// Adds when.
    pub fn at(&self, time: Timestamp) -> Signature {
        Signature { name: self.name.clone(), email: self.email.clone(), time }
    }

    /// Reads `user.name` and `user.email`; what is not set or empty is flowgate's own.
    fn of(config: Option<&git2::Config>) -> Self {
        let setting = |key: &str, default: &str| {
            let text = config.and_then(|config| config.get_string(key).ok()).unwrap_or_default();
            let text = text.trim();
            if text.is_empty() { default.to_owned() } else { text.to_owned() }
        };
        Self { name: setting("user.name", NAME), email: setting("user.email", EMAIL) }
    }
}

/// Who wrote a commit, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Such as `Ada Lovelace`.
    pub name: String,
    /// Such as `ada@acme.example`.
    pub email: String,
    /// When; kept to the second.
    pub time: Timestamp,
}

impl Signature {
    /// Returns the signature as git has it; a name or address that git cannot hold is replaced by
    /// flowgate's own.
    pub(super) fn to_git(&self) -> Result<git2::Signature<'static>, Error> {
        let time = git2::Time::new(self.time.as_second(), 0);
        let as_asked = git2::Signature::new(&self.name, &self.email, &time);
        as_asked
            .or_else(|_| git2::Signature::new(NAME, EMAIL, &time))
            .map_err(Error::git("make a commit signature"))
    }
}

impl Repo {
    /// Returns git's user here, from `user.name` and `user.email`; never fails, because what is
    /// not set is `flowgate <flowgate@localhost>`.
    pub fn identity(&self) -> Identity {
        let config = self
            .handle()
            .and_then(|handle| handle.config().map_err(Error::git("read the git configuration")));
        Identity::of(config.ok().as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_configured_user_flowgate_signs_itself() {
        let empty = git2::Config::new().expect("an empty configuration");
        let flowgate = Identity { name: NAME.to_owned(), email: EMAIL.to_owned() };
        assert_eq!(Identity::of(None), flowgate);
        assert_eq!(Identity::of(Some(&empty)), flowgate);
    }

    #[test]
    fn a_name_that_git_cannot_hold_does_not_stop_a_commit() {
        for name in ["", "<>", "a\0b"] {
            let identity = Identity { name: name.to_owned(), email: "a@b".to_owned() };
            let signature = identity.at(Timestamp::UNIX_EPOCH).to_git().expect("a signature");
            assert_eq!(signature.name(), Ok(NAME), "{name:?}");
        }
    }
}
