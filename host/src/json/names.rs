//! The names of the members of objects that are open, of which no two of one object may be the
//! same.

use super::{Fault, Text};
use crate::memory::append;
use std::cmp::Ordering;

/// The offsets of the names in the text, those of the outermost object first.
///
/// Four bytes a name, however long it is, as a member takes no more than that of the text.
#[derive(Default)]
pub(super) struct OpenNames(Vec<u32>);

impl OpenNames {
    /// The number of names, which is where the names of an object that begins now will stand.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds the name that begins at this byte, after its quote.
    pub fn push(&mut self, start: u32) -> Result<(), Fault> {
        Ok(append(&mut self.0, &[start], "the names in a JSON text")?)
    }

    /// Removes the names from `first` on, which are those of one object; fails where two are the
    /// same.
    pub fn close(&mut self, first: usize, text: &str) -> Result<(), Fault> {
        let names = &mut self.0[first..];
        names.sort_unstable_by(|&one, &other| order(text, one, other));
        if let Some(twice) = names.windows(2).find(|pair| order(text, pair[0], pair[1]).is_eq()) {
            let name = Text::at(text, twice[0] as usize);
            return Err(format!("the name {} occurs twice", name.shown()).into());
        }
        self.0.truncate(first);
        Ok(())
    }
}

/// The order of the names that begin at two places of the text. Both are compared as they are
/// written, as far as they are written without escapes, which is the order of their characters.
fn order(text: &str, one: u32, other: u32) -> Ordering {
    let [mut first, mut second] = [one, other].map(|at| text.as_bytes()[at as usize..].iter());
    loop {
        match (first.next(), second.next()) {
            (Some(b'\\'), _) | (_, Some(b'\\')) => {
                let [one, other] = [one, other].map(|at| Text::at(text, at as usize));
                return one.cmp(&other);
            }
            (Some(b'"'), end) => {
                return if end == Some(&b'"') { Ordering::Equal } else { Ordering::Less };
            }
            (_, Some(b'"')) => return Ordering::Greater,
            (a, b) if a != b => return a.cmp(&b),
            (None, _) => return Ordering::Equal,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Text, order};

    #[test]
    fn the_order_is_that_of_the_strings() {
        let names =
            ["", "a", "ab", "b", "B", "é", r"\u0061", r"\u0061b", r"a\u0062", r"\\", r#"\""#, "~"];
        let text: String = names.map(|name| format!("{name}\"")).concat();
        let mut starts = Vec::new();
        let mut at = 0;
        for name in names {
            starts.push(at as u32);
            at += name.len() + 1;
        }
        for &one in &starts {
            for &other in &starts {
                let strings =
                    [one, other].map(|at| Text::at(&text, at as usize).decode("").unwrap());
                assert_eq!(order(&text, one, other), strings[0].cmp(&strings[1]), "{strings:?}");
            }
        }
    }
}
