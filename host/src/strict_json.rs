//! JSON of which no part is ignored.
//!
//! A JSON parser keeps the last of two members with one name, takes an array for the members of an
//! object in their order, and skips what it does not know without a look at it. Here that would
//! lose data without a word, or have two readers see two files, so that all of it is an error.

use crate::json::{Fault, Sound};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// Parses a JSON object; says where it is not sound.
pub(crate) fn parse<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Result<T, Fault> {
    let sound = Sound::check(json)?;
    let Object(value) = serde_json::from_str(sound.text()).map_err(|error| error.to_string())?;
    Ok(value)
}

/// A value that must be a JSON object; serde takes an array for a struct as well.
pub(crate) struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData)).map(Self)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, access: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(access))
    }
}

#[cfg(test)]
mod tests {
    use super::{Object, parse};
    use serde::de::IgnoredAny;

    #[test]
    fn what_a_parser_passes_over_is_an_error() {
        let sound = r#"{"a":[1,-1,2.5,true,null,"\ud83d\ude00"],"b":{"a":{}}}"#;
        assert!(parse::<IgnoredAny>(sound.as_bytes()).is_ok());
        for json in [
            &br#"[]"#[..],
            br#"[{}]"#,
            br#"{"a":1,"a":1}"#,
            br#"{"a":1,"\u0061":1}"#,
            br#"{"a":[{"b":1,"b":1}]}"#,
            br#"{"a":"\ud800"}"#,
            br#"{"a":1e999}"#,
            b"{\"a\":\"\xCE3\"}",
            b"{\"\xCE3\":1}",
        ] {
            let text = String::from_utf8_lossy(json);
            assert!(parse::<IgnoredAny>(json).is_err(), "{text}");
        }
        assert!(serde_json::from_str::<Object<IgnoredAny>>("[]").is_err());
    }
}
