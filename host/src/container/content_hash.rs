//! The hash that ties a blob to the bytes it decodes to.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::hash::Hasher;
use std::str::FromStr;
use twox_hash::XxHash3_64;

/// The XXH3-64 of a tensor's decoded bytes, seed 0. It finds damage, not forgery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash(u64);

impl ContentHash {
    /// The hash of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(XxHash3_64::oneshot(bytes))
    }

    /// The hash that is stored like this.
    pub(super) fn from_le_bytes(bytes: [u8; 8]) -> Self {
        Self(u64::from_le_bytes(bytes))
    }

    /// The hash as a number.
    pub(crate) fn value(self) -> u64 {
        self.0
    }

    /// The bytes as they are stored.
    pub(super) fn to_le_bytes(self) -> [u8; 8] {
        self.0.to_le_bytes()
    }
}

/// A [`ContentHash`] in the making, of bytes that come piece by piece.
pub(crate) struct ContentHasher(XxHash3_64);

impl ContentHasher {
    /// The hasher of no bytes yet.
    pub fn new() -> Self {
        Self(XxHash3_64::with_seed(0))
    }

    /// Adds bytes after the ones before.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.write(bytes);
    }

    /// The hash of all bytes.
    pub fn finish(&self) -> ContentHash {
        ContentHash(self.0.finish())
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

impl FromStr for ContentHash {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let lower_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != 16 || !text.bytes().all(lower_hex) {
            return Err("not 16 lower-case hex digits");
        }
        u64::from_str_radix(text, 16).map(Self).map_err(|_| "not a 64-bit number")
    }
}

impl Serialize for ContentHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ContentHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
