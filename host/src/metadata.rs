//! The `__metadata__` of a source.

use crate::json::{Fault, Parser};
use crate::{Error, Result, memory};
use serde::ser::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;

/// Strings by name, in the order of their names.
///
/// All in one allocation, so that a file cannot make much of many short ones.
///
/// ```
/// use wcodec::container::Metadata;
///
/// let metadata = Metadata::new([("format", "pt")])?;
/// assert_eq!(metadata.get("format"), Some("pt"));
/// # Ok::<(), wcodec::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Metadata {
    /// Names and values one after another.
    text: String,
    entries: Vec<Entry>,
}

/// Where a name and its value stand in the text, one after the other.
#[derive(Clone, Copy)]
struct Entry {
    name: u32,
    value: u32,
    end: u32,
}

impl Metadata {
    /// The strings with these names.
    ///
    /// # Errors
    /// [`Error::InvalidArgument`] where two have one name, or all are longer than 4 GiB.
    pub fn new<N: AsRef<str>, V: AsRef<str>>(
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self> {
        let mut metadata = Self::default();
        for (name, value) in pairs {
            metadata
                .push(|text| text.push_str(name.as_ref()), |text| text.push_str(value.as_ref()));
        }
        if u32::try_from(metadata.text.len()).is_err() {
            return Err(Error::InvalidArgument("metadata is longer than 4 GiB".to_owned()));
        }
        metadata.sort();
        let mut names = metadata.iter().zip(metadata.iter().skip(1));
        if let Some(((twice, _), _)) = names.find(|((one, _), (other, _))| one == other) {
            let message = format!("two strings of the metadata are named {twice:?}");
            return Err(Error::InvalidArgument(message));
        }
        drop(names);
        Ok(metadata)
    }

    /// Reads the object of strings that comes next; fails where there is no memory for it.
    pub(crate) fn parse(parser: &mut Parser<'_>) -> std::result::Result<Self, Fault> {
        let (mut ahead, mut count, mut bytes) = (*parser, 0u64, 0);
        ahead.object(|parser, name| {
            count += 1;
            bytes += name.len() + parser.string()?.len();
            Ok(())
        })?;
        let mut metadata = Self {
            text: memory::string(bytes, "the metadata")?,
            entries: memory::reserve(count, "the metadata")?,
        };
        parser.object(|parser, name| {
            let value = parser.string()?;
            metadata.push(|text| name.append_to(text), |text| value.append_to(text));
            Ok(())
        })?;
        metadata.sort();
        Ok(metadata)
    }

    /// Returns whether the object of strings that comes next has the same.
    pub(crate) fn is_next(&self, parser: &mut Parser<'_>) -> std::result::Result<bool, Fault> {
        let (mut count, mut same) = (0, true);
        parser.object(|parser, name| {
            let value = parser.string()?;
            count += 1;
            same &= self.find(|own| name.compare(own).reverse()).is_some_and(|own| value == *own);
            Ok(())
        })?;
        Ok(same && count == self.len())
    }

    /// Appends a name and its value. Positions that do not fit are detected by the length of the
    /// text.
    fn push(&mut self, name: impl FnOnce(&mut String), value: impl FnOnce(&mut String)) {
        let start = self.text.len() as u32;
        name(&mut self.text);
        let middle = self.text.len() as u32;
        value(&mut self.text);
        self.entries.push(Entry { name: start, value: middle, end: self.text.len() as u32 });
    }

    fn sort(&mut self) {
        let text = &self.text;
        self.entries.sort_unstable_by_key(|entry| name(text, entry));
    }

    fn find(&self, order: impl Fn(&str) -> std::cmp::Ordering) -> Option<&str> {
        let found = self.entries.binary_search_by(|entry| order(name(&self.text, entry)));
        found.ok().map(|at| value(&self.text, &self.entries[at]))
    }

    /// The string of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.find(|own| own.cmp(name))
    }

    /// The name and string of this number, in the order of the names.
    pub fn at(&self, number: usize) -> Option<(&str, &str)> {
        let entry = self.entries.get(number)?;
        Some((name(&self.text, entry), value(&self.text, entry)))
    }

    /// All names and strings, in the order of the names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &str)> {
        self.entries.iter().map(|entry| (name(&self.text, entry), value(&self.text, entry)))
    }

    /// The number of strings.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns whether the metadata is empty.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

fn name<'a>(text: &'a str, entry: &Entry) -> &'a str {
    &text[entry.name as usize..entry.value as usize]
}

fn value<'a>(text: &'a str, entry: &Entry) -> &'a str {
    &text[entry.value as usize..entry.end as usize]
}

impl PartialEq for Metadata {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Metadata {}

impl fmt::Debug for Metadata {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_map().entries(self.iter()).finish()
    }
}

impl Serialize for Metadata {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl From<&Metadata> for BTreeMap<String, String> {
    fn from(metadata: &Metadata) -> Self {
        metadata.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Metadata;
    use crate::json::Sound;

    #[test]
    fn what_is_written_is_read() {
        let pairs = [("b", "2"), ("", ""), ("ü\n", "\"\\"), ("a", "1")];
        let metadata = Metadata::new(pairs).unwrap();
        assert!(metadata.iter().eq([("", ""), ("a", "1"), ("b", "2"), ("ü\n", "\"\\")]));
        let text = serde_json::to_string(&metadata).unwrap();
        assert_eq!(text, r#"{"":"","a":"1","b":"2","ü\n":"\"\\"}"#);
        let sound = Sound::check(text.as_bytes()).ok().unwrap();
        assert_eq!(Metadata::parse(&mut sound.parser()).ok().unwrap(), metadata);
        assert!(metadata.is_next(&mut sound.parser()).ok().unwrap());
        for other in [&pairs[1..], &[("a", "1"), ("b", "2"), ("", ""), ("ü\n", "")], &[]] {
            let other = Metadata::new(other.iter().copied()).unwrap();
            assert!(!other.is_next(&mut sound.parser()).ok().unwrap(), "{other:?}");
            assert_ne!(other, metadata);
        }
    }

    #[test]
    fn names_are_unique() {
        assert!(Metadata::new([("a", ""), ("b", ""), ("a", "")]).is_err());
        let metadata = Metadata::new([("a", "b")]).unwrap();
        assert_eq!((metadata.get("a"), metadata.get("b"), metadata.len()), (Some("b"), None, 1));
        assert_eq!((metadata.at(0), metadata.at(1)), (Some(("a", "b")), None));
    }
}
