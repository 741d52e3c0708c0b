//! The names of the members of objects that are open, of which no two of one object may be the same.

use super::{Fault, Text};
use crate::memory::append;

/// Where the names begin in the text: those of the outermost object first.
///
/// Four bytes a name, however long it is, as a member takes no more than that of the text.
#[derive(Default)]
pub(super) struct OpenNames(Vec<u32>);

impl OpenNames {
    /// Adds a name; gives the place of the first one of an object that begins here.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds the name that begins at this byte, after its quote.
    pub fn push(&mut self, start: u32) -> Result<(), Fault> {
        Ok(append(&mut self.0, &[start], "the names in a JSON text")?)
    }

    /// Takes the names from `first` on away, which are those of one object; fails where two are the same.
    pub fn close(&mut self, first: usize, text: &str) -> Result<(), Fault> {
        let names = &mut self.0[first..];
        let name = |&start: &u32| Text::at(text, start as usize);
        names.sort_unstable_by(|one, other| name(one).cmp(&name(other)));
        if let Some(twice) = names.windows(2).find(|pair| name(&pair[0]) == name(&pair[1])) {
            return Err(format!("the name {} occurs twice", name(&twice[0]).shown()).into());
        }
        self.0.truncate(first);
        Ok(())
    }
}
