//! The JSON header of a safetensors file, with the order that it has there.

use crate::Dtype;
use crate::json::{Fault, Parser, Sound, Text};
use crate::manifest::TensorSpec;
use crate::memory::reserve;
use crate::metadata::Metadata;
use crate::shape::Shape;
use std::ops::Range;

/// The content of a checked header.
#[derive(Debug)]
pub(crate) struct SafetensorsHeader {
    /// The tensors in the order of their data; empty ones at one place in the order of the header.
    pub tensors: Vec<TensorSpec>,
    /// The `__metadata__`.
    pub metadata: Option<Metadata>,
    /// Bytes of all tensors.
    pub data_len: u64,
}

/// A tensor as a header lists it.
pub(crate) struct Listed<'a> {
    pub name: Text<'a>,
    pub dtype: Dtype,
    pub shape: Shape,
    /// Where its bytes lie among those of all tensors: as many as dtype and shape make.
    pub data: Range<u64>,
}

/// The member of a header that is not a tensor.
pub(super) const METADATA: &str = "__metadata__";

/// Reads a header of sound JSON: `tensor` gets each tensor in the order of the header and the byte
/// that its value begins at, `metadata` reads the `__metadata__` where there is one.
fn each_listed<'a>(
    header: Sound<'a>,
    mut tensor: impl FnMut(Listed<'a>, u32) -> Result<(), Fault>,
    mut metadata: impl FnMut(&mut Parser<'a>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    header.parser().object(|parser, name| {
        if name != *METADATA {
            let value = parser.position() as u32;
            let listed = Listed::read(parser, name);
            let within = |fault: Fault| fault.within(|| format!("tensor {}", name.shown()));
            return tensor(listed.map_err(within)?, value);
        }
        // Readers of safetensors treat null as absent.
        if parser.null() { Ok(()) } else { metadata(parser) }
    })
}

impl<'a> Listed<'a> {
    fn read(parser: &mut Parser<'a>, name: Text<'a>) -> Result<Self, Fault> {
        let (mut dtype, mut shape, mut data) = (None, None, None);
        parser.object(|parser, member| {
            match () {
                () if member == *"dtype" => dtype = Some(Dtype::parse(parser.string()?)?),
                () if member == *"shape" => shape = Some(Shape::parse(parser)?),
                () if member == *"data_offsets" => data = Some(range(parser)?),
                () => parser.skip()?,
            }
            Ok(())
        })?;
        let dtype = dtype.ok_or("there is no \"dtype\"")?;
        let shape = shape.ok_or("there is no \"shape\"")?;
        let data = data.ok_or("there is no \"data_offsets\"")?;
        let byte_len = shape.byte_len(dtype)?;
        match data.end.checked_sub(data.start) {
            Some(found) if found == byte_len => Ok(Self { name, dtype, shape, data }),
            _ => Err(format!("its data_offsets are {data:?}, it has {byte_len} bytes").into()),
        }
    }
}

/// An array of two integers.
fn range(parser: &mut Parser<'_>) -> Result<Range<u64>, Fault> {
    let (mut ends, mut count) = ([0; 2], 0);
    parser.array(|parser| {
        let end = parser.integer()?;
        ends.get_mut(count).map(|place| *place = end).ok_or("its data_offsets are not two")?;
        count += 1;
        Ok(())
    })?;
    match count {
        2 => Ok(ends[0]..ends[1]),
        _ => Err("its data_offsets are not two".into()),
    }
}

/// The place of a tensor among the data, and of its entry in the header.
struct Placed {
    start: u64,
    end: u64,
    /// Byte offset of its name in the header, after the quote, and of its value.
    name: u32,
    value: u32,
}

/// Reads a header of sound JSON in the order of the data, which has neither gaps nor overlaps; empty tensors at one place keep the order of the header. `count` gets
/// the number of tensors ahead of them. Returns the bytes of all.
pub(crate) fn read_in_order<'a>(
    header: Sound<'a>,
    count: u64,
    mut tensor: impl FnMut(Listed<'a>) -> Result<(), Fault>,
    metadata: impl FnMut(&mut Parser<'a>) -> Result<(), Fault>,
) -> Result<u64, Fault> {
    let mut placed = reserve(count, "the places of tensors")?;
    let place = |listed: Listed<'_>, value| {
        let (name, Range { start, end }) = (listed.name.start_in(header.text()), listed.data);
        placed.push(Placed { start, end, name: name as u32, value });
        Ok(())
    };
    each_listed(header, place, metadata)?;
    placed.sort_unstable_by_key(|tensor| (tensor.start, tensor.end, tensor.name));
    let mut end = 0;
    for at in placed {
        let name = Text::at(header.text(), at.name as usize);
        if at.start != end {
            let (name, start) = (name.shown(), at.start);
            return Err(format!(
                "tensor {name} begins at byte {start} of the data, the one before it ends at {end}"
            )
            .into());
        }
        end = at.end;
        tensor(Listed::read(&mut header.parser_at(at.value as usize), name)?)?;
    }
    Ok(end)
}

/// The number of a header's tensors.
pub(crate) fn tensor_count(header: Sound<'_>) -> Result<u64, Fault> {
    let mut count = 0;
    header.parser().object(|parser, name| {
        count += u64::from(name != *METADATA);
        parser.skip()
    })?;
    Ok(count)
}

impl SafetensorsHeader {
    /// Parses a header: without holes, overlaps and wrong sizes, in memory of a few times its
    /// length.
    pub fn parse(text: &str) -> Result<Self, Fault> {
        let header = Sound::check(text.as_bytes())?;
        let count = tensor_count(header)?;
        let mut tensors = reserve(count, "the tensors of a file")?;
        let mut metadata = None;
        let tensor = |tensor: Listed<'_>| {
            let Listed { name, dtype, shape, .. } = tensor;
            tensors.push(TensorSpec { name: name.decode("the name of a tensor")?, dtype, shape });
            Ok(())
        };
        let data_len = read_in_order(header, count, tensor, |parser| {
            metadata = Some(Metadata::parse(parser)?);
            Ok(())
        })?;
        Ok(Self { tensors, metadata, data_len })
    }
}
