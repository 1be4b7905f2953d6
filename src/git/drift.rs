//! Live content that was saved before anything overwrote it.

use git2::FileMode;
use git2::build::TreeUpdateBuilder;

use super::{Error, Repo, Signature, refs};

const FOLDER: &str = "refs/flowgate/drift";

impl Repo {
    /// Saves manifests as a commit on `refs/flowgate/drift/<environment>`.
    ///
    /// Each is a path such as `Flow/customer-routing.yaml` and its text. The commit's tree holds
    /// these manifests alone; what was saved before stays in the reference's history. Saving the same again makes no commit.
    pub fn write_drift(
        &self,
        environment: &str,
        manifests: &[(String, String)],
        message: &str,
        who: &Signature,
    ) -> Result<(), Error> {
        let name = refs::name(FOLDER, environment)?;
        let handle = self.handle()?;
        let write = || -> Result<git2::Oid, git2::Error> {
            let empty = handle.find_tree(handle.treebuilder(None)?.write()?)?;
            let mut builder = TreeUpdateBuilder::new();
            for (path, text) in manifests {
                builder.upsert(path, handle.blob(text.as_bytes())?, FileMode::Blob);
            }
            builder.create_updated(&handle, &empty)
        };
        let tree = write().map_err(Error::git(format!("save live content for {name}")))?;
        let tip = refs::tip(&handle, &name)?;
        if let Some(tip) = tip
            && refs::tree(&handle, &name, tip)?.id() == tree
        {
            return Ok(());
        }
        refs::advance(&handle, &name, tip, tree, message, who).map(drop)
    }
}
