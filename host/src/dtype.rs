//! Element types, by the names that safetensors gives them.

use crate::json::{Fault, Text};
use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// One row a dtype: its variant, its bits, and its doc. A header spells it as the variant's name.
macro_rules! dtypes {
    ($($(#[$doc:meta])* $name:ident $bits:literal,)*) => {
        /// An element type (FORMAT.md section 1.2). Its name in text is the variant's own.
        ///
        /// ```
        /// use wcodec::Dtype;
        ///
        /// assert_eq!("BF16".parse(), Ok(Dtype::BF16));
        /// assert_eq!(Dtype::F8_E4M3.to_string(), "F8_E4M3");
        /// assert_eq!(Dtype::F4.bitsize(), 4);
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(non_camel_case_types)]
        #[non_exhaustive]
        pub enum Dtype {
            $($(#[$doc])* $name,)*
        }

        impl Dtype {
            /// Every dtype.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Bits of one element.
            pub const fn bitsize(self) -> usize {
                match self {
                    $(Self::$name => $bits,)*
                }
            }

            /// The name, as a header spells it.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }
    };
}

dtypes! {
    /// Booleans of one byte.
    BOOL 8,
    /// 4-bit floating point (MXFP4).
    F4 4,
    /// 6-bit floating point, two bits of exponent (MXFP6).
    F6_E2M3 6,
    /// 6-bit floating point, three bits of exponent (MXFP6).
    F6_E3M2 6,
    /// Unsigned bytes.
    U8 8,
    /// Signed bytes.
    I8 8,
    /// 8-bit floating point, five bits of exponent.
    F8_E5M2 8,
    /// 8-bit floating point, four bits of exponent.
    F8_E4M3 8,
    /// 8-bit powers of two: the scales of the MX formats.
    F8_E8M0 8,
    /// As `F8_E4M3`, finite and with one zero.
    F8_E4M3FNUZ 8,
    /// As `F8_E5M2`, finite and with one zero.
    F8_E5M2FNUZ 8,
    /// Signed integers of 16 bits.
    I16 16,
    /// Unsigned integers of 16 bits.
    U16 16,
    /// Half precision.
    F16 16,
    /// bfloat16: the upper half of single precision.
    BF16 16,
    /// Signed integers of 32 bits.
    I32 32,
    /// Unsigned integers of 32 bits.
    U32 32,
    /// Single precision.
    F32 32,
    /// Complex numbers of two `F32`.
    C64 64,
    /// Double precision.
    F64 64,
    /// Signed integers of 64 bits.
    I64 64,
    /// Unsigned integers of 64 bits.
    U64 64,
}

impl Dtype {
    /// The dtype that a header names.
    pub(crate) fn parse(name: Text<'_>) -> Result<Self, Fault> {
        let known = Self::ALL.iter().find(|dtype| name == *dtype.name());
        known.copied().ok_or_else(|| format!("{} is no dtype that is known", name.shown()).into())
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.name())
    }
}

/// The text names no [`Dtype`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a dtype that this version knows")]
pub struct UnknownDtype;

impl FromStr for Dtype {
    type Err = UnknownDtype;

    fn from_str(name: &str) -> Result<Self, UnknownDtype> {
        Self::ALL.iter().copied().find(|dtype| dtype.name() == name).ok_or(UnknownDtype)
    }
}

impl Serialize for Dtype {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

// Not derived: a derived one also takes `{"U8": null}`, which FORMAT.md does not know.
impl<'de> Deserialize<'de> for Dtype {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl Visitor<'_> for NameVisitor {
    type Value = Dtype;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a dtype")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Dtype, E> {
        name.parse().map_err(|error| E::custom(format_args!("{name:?} is {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::Dtype;

    /// The names and sizes are those of the crate that readers of safetensors share.
    #[test]
    fn every_dtype_is_that_of_safetensors() {
        for &dtype in Dtype::ALL {
            let text = format!("{:?}", dtype.name());
            let theirs: safetensors::Dtype = serde_json::from_str(&text).unwrap();
            assert_eq!(theirs.to_string(), dtype.name());
            assert_eq!(theirs.bitsize(), dtype.bitsize(), "{dtype}");
            assert_eq!(serde_json::to_string(&dtype).unwrap(), text);
            assert_eq!(serde_json::from_str::<Dtype>(&text).unwrap(), dtype);
        }
        assert_eq!(Dtype::ALL.len(), 22);
    }

    #[test]
    fn only_a_name_is_a_dtype() {
        for json in [r#"{"U8":null}"#, "8", "null", r#""u8""#, r#""F8""#, r#"["U8"]"#, r#""""#] {
            assert!(serde_json::from_str::<Dtype>(json).is_err(), "{json}");
        }
    }
}
