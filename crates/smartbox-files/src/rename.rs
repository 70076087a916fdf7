//! Moving and removing.

use rustix::fs::RenameFlags;
use rustix::io::Errno;

use crate::beneath::{dir_below, stat_in};
use crate::home::entry_in;
use crate::staging::unlink;
use crate::{Entry, Error, FilePath, Home};

/// What is said of the home itself.
pub(crate) const THE_HOME: Error = Error::Senseless("the home itself cannot be moved, copied or removed");
/// What is said of a directory that is to go into itself.
pub(crate) const INTO_ITSELF: Error = Error::Senseless("a directory cannot be put into itself");

impl Home {
    /// Gives something another name, in another directory if need be. What has that name is replaced only where `replace` says so: a
    /// file by a file, an empty directory by a directory.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Exists`], [`Error::NotEmpty`], [`Error::LeadsOut`], [`Error::Senseless`].
    pub fn rename(
        &self,
        from: &FilePath,
        to: &FilePath,
        (replace, parents): (bool, bool),
    ) -> Result<Entry, Error> {
        let (Some((from_parent, from_name)), Some((to_parent, to_name))) = (from.split(), to.split()) else {
            return Err(THE_HOME);
        };
        if to.is_within(from) && to != from {
            return Err(INTO_ITSELF);
        }
        let source = dir_below(&self.dir, &from_parent)?;
        // Nothing is made for what is not there.
        stat_in(&source, from_name)?;
        let target = self.parent(&to_parent, parents)?;
        if from != to {
            let flags = if replace { RenameFlags::empty() } else { RenameFlags::NOREPLACE };
            match rustix::fs::renameat_with(&source, from_name, &target, to_name, flags) {
                // The box has moved directories meanwhile.
                Err(Errno::INVAL) => return Err(INTO_ITSELF),
                Err(Errno::ISDIR) => return Err(Error::Exists),
                other => other?,
            }
            rustix::fs::fsync(&target)?;
            rustix::fs::fsync(&source)?;
        }
        entry_in(&target, to_name)
    }

    /// Removes something for good, with everything in it.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::LeadsOut`], [`Error::Senseless`] for the home itself.
    pub fn remove(&self, path: &FilePath) -> Result<(), Error> {
        let Some((parent, name)) = path.split() else { return Err(THE_HOME) };
        let parent = dir_below(&self.dir, &parent)?;
        match unlink(&parent, name) {
            Err(Errno::ISDIR) => {}
            Err(error) => return Err(error.into()),
            Ok(()) => return Ok(rustix::fs::fsync(&parent)?),
        }
        // Gone at once for whoever looks, and then taken apart.
        let staged = self.stage_name()?;
        rustix::fs::renameat(&parent, name, &staged.dir, &staged.name)?;
        rustix::fs::fsync(&parent)?;
        Ok(crate::tree::remove_tree_in(&staged.dir, &staged.name)?)
    }
}
