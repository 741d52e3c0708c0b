//! One tensor of the header.

use crate::container::{ContentHash, Limits, Shape, TensorInfo, TensorSpec, align, name};
use crate::json::{Fault, Parser, Text};
use crate::{Dtype, Result as WcodecResult};

/// The members of an entry, as far as they have been read.
#[derive(Default)]
pub(super) struct Entry<'a> {
    name: Option<Text<'a>>,
    dtype: Option<Dtype>,
    shape: Option<Shape>,
    codec: Option<Text<'a>>,
    offset: Option<u64>,
    length: Option<u64>,
    crc32c: Option<u32>,
    xxh3: Option<ContentHash>,
}

impl<'a> Entry<'a> {
    /// Reads the object that comes next.
    pub fn read(parser: &mut Parser<'a>) -> Result<Self, Fault> {
        let mut entry = Self::default();
        parser.object(|parser, member| entry.member(parser, member))?;
        Ok(entry)
    }

    fn member(&mut self, parser: &mut Parser<'a>, member: Text<'a>) -> Result<(), Fault> {
        match () {
            () if member == *"name" => self.name = Some(parser.string()?),
            () if member == *"dtype" => self.dtype = Some(Dtype::parse(parser.string()?)?),
            () if member == *"shape" => self.shape = Some(Shape::parse(parser)?),
            () if member == *"codec" => self.codec = Some(parser.string()?),
            () if member == *"offset" => self.offset = Some(parser.integer()?),
            () if member == *"length" => self.length = Some(parser.integer()?),
            () if member == *"crc32c" => {
                let crc = u32::try_from(parser.integer()?);
                self.crc32c = Some(crc.map_err(|_| "a crc32c exceeds 32 bits")?);
            }
            () if member == *"xxh3" => self.xxh3 = Some(hash(parser.string()?)?),
            () => parser.skip()?,
        }
        Ok(())
    }

    /// Checks the entry; `previous_end` is where the blob before it ends, `place` the archive for
    /// messages.
    pub fn check(
        self,
        previous_end: u64,
        limits: &Limits,
        place: &str,
    ) -> Result<TensorInfo, Fault> {
        let written = required(self.name, "name")?;
        let within = |fault: Fault| fault.within(|| format!("tensor {}", written.shown()));
        self.check_named(written, previous_end, limits, place).map_err(within)
    }

    fn check_named(
        self,
        name: Text<'a>,
        previous_end: u64,
        limits: &Limits,
        place: &str,
    ) -> Result<TensorInfo, Fault> {
        let spec = self.spec(name, limits, place)?;
        let byte_len = spec.byte_len().map_err(|error| error.to_string())?;
        let offset = required(self.offset, "offset")?;
        let length = required(self.length, "length")?;
        if align(previous_end) != Some(offset) {
            return Err(format!("its blob is said to be at byte {offset}").into());
        }
        if offset.checked_add(length).is_none() {
            return Err(format!("its blob is said to have {length} bytes").into());
        }
        Ok(TensorInfo {
            spec,
            byte_len,
            codec: codec(self.codec)?,
            offset,
            length,
            crc32c: required(self.crc32c, "crc32c")?,
            xxh3: required(self.xxh3, "xxh3")?,
        })
    }

    /// Name, dtype and shape, of which nothing is copied that a limit refuses.
    fn spec(&self, name: Text<'a>, limits: &Limits, place: &str) -> Result<TensorSpec, Fault> {
        let dtype = required(self.dtype, "dtype")?;
        let shape = self.shape.as_ref().ok_or_else(|| missing("shape"))?;
        limits.check_tensor(name.len(), dtype, shape, place)?;
        let name = name.decode("the name of a tensor")?;
        name::check(&name)?;
        Ok(TensorSpec { name, dtype, shape: shape.try_clone()? })
    }
}

fn codec(codec: Option<Text<'_>>) -> WcodecResult<Box<str>> {
    let codec = codec.map(|codec| codec.decode("the codec of a tensor")).transpose()?;
    Ok(codec.unwrap_or_default().into_boxed_str())
}

fn hash(digits: Text<'_>) -> Result<ContentHash, Fault> {
    let few: String = digits.chars().take(17).collect();
    few.parse().map_err(|error| format!("xxh3 {}: {error}", digits.shown()).into())
}

fn required<T>(member: Option<T>, name: &str) -> Result<T, Fault> {
    member.ok_or_else(|| missing(name))
}

fn missing(name: &str) -> Fault {
    format!("there is no {name:?}").into()
}
