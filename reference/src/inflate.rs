//! RFC 1951, and what FORMAT.md section 1.2 adds to it: which codes may be incomplete, and that the
//! stream ends where it is said to.

use super::bytes::require;
use super::huffman::Code;

/// "Which of three ways the block is compressed".
const STORED: u32 = 0;
const FIXED: u32 = 1;
const DYNAMIC: u32 = 2;

/// The order in which the lengths of the code length code come (section 3.2.7).
const LENGTH_ORDER: [usize; 19] =
    [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// The bytes that a deflate stream stands for, which are `length`.
pub fn inflate(stream: &[u8], length: usize) -> Result<Vec<u8>, String> {
    let mut bits = Bits { bytes: stream, at: 0 };
    let mut out = Output { bytes: Vec::new(), most: length };
    loop {
        let is_last = bits.take(1)? == 1;
        match bits.take(2)? {
            STORED => stored(&mut bits, &mut out)?,
            FIXED => block(&mut bits, &mut out, &fixed_codes()?)?,
            DYNAMIC => {
                let codes = dynamic_codes(&mut bits)?;
                block(&mut bits, &mut out, &codes)?;
            }
            kind => return Err(format!("a block of kind {kind}")),
        }
        if is_last {
            break;
        }
    }
    let (read, is) = (bits.at.div_ceil(8), stream.len());
    require(read == is, || format!("the stream ends after {read} bytes of {is}"))?;
    let expanded = out.bytes.len();
    require(expanded == length, || format!("it expands to {expanded} bytes, not {length}"))?;
    Ok(out.bytes)
}

/// The bits of a stream, "starting with the least-significant bit of the byte".
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// The next bits as a number, the first the least significant.
    pub(super) fn take(&mut self, count: u32) -> Result<u32, String> {
        let mut value = 0;
        for place in 0..count {
            let byte = self.bytes.get(self.at / 8).ok_or("the stream ends too early")?;
            value |= u32::from(byte >> (self.at % 8) & 1) << place;
            self.at += 1;
        }
        Ok(value)
    }
}

/// What has been expanded, of which later bytes may be copies.
struct Output {
    bytes: Vec<u8>,
    most: usize,
}

impl Output {
    fn push(&mut self, byte: u8) -> Result<(), String> {
        require(self.bytes.len() < self.most, || "it expands to more bytes than said".into())?;
        self.bytes.push(byte);
        Ok(())
    }

    fn copy(&mut self, distance: usize, length: usize) -> Result<(), String> {
        let have = self.bytes.len();
        require(distance <= have, || format!("a distance of {distance} after {have} bytes"))?;
        for _ in 0..length {
            self.push(self.bytes[self.bytes.len() - distance])?;
        }
        Ok(())
    }
}

/// Section 3.2.4: "any bits of input up to the next byte boundary are ignored"; LEN, NLEN, bytes.
fn stored(bits: &mut Bits<'_>, out: &mut Output) -> Result<(), String> {
    bits.at = bits.at.next_multiple_of(8);
    let (length, complement) = (bits.take(16)?, bits.take(16)?);
    require(length ^ 0xFFFF == complement, || "NLEN is not the complement of LEN".into())?;
    for _ in 0..length {
        out.push(bits.take(8)? as u8)?;
    }
    Ok(())
}

/// The codes of literals and lengths, and of distances.
struct Codes {
    literals: Code,
    distances: Code,
}

/// Section 3.2.6.
fn fixed_codes() -> Result<Codes, String> {
    let lengths = [[8; 144].as_slice(), &[9; 112], &[7; 24], &[8; 8]].concat();
    Ok(Codes { literals: Code::new(&lengths, false)?, distances: Code::new(&[5; 32], false)? })
}

/// Section 3.2.7.
fn dynamic_codes(bits: &mut Bits<'_>) -> Result<Codes, String> {
    let literals = bits.take(5)? as usize + 257;
    let distances = bits.take(5)? as usize + 1;
    let mut order = [0; 19];
    for &symbol in &LENGTH_ORDER[..bits.take(4)? as usize + 4] {
        order[symbol] = bits.take(3)? as u8;
    }
    let code = Code::new(&order, false)?;
    let mut lengths = Vec::new();
    while lengths.len() < literals + distances {
        let symbol = code.read(bits)?;
        let (value, count) = match symbol {
            16 => {
                let before = lengths.last().ok_or("a length is repeated before there is one")?;
                (*before, bits.take(2)? + 3)
            }
            17 => (0, bits.take(3)? + 3),
            18 => (0, bits.take(7)? + 11),
            length => (length as u8, 1),
        };
        lengths.resize(lengths.len() + count as usize, value);
    }
    require(lengths.len() == literals + distances, || "too many code lengths".into())?;
    let (literals, distances) = lengths.split_at(literals);
    Ok(Codes { literals: Code::new(literals, true)?, distances: Code::new(distances, true)? })
}

/// Section 3.2.5: literals, and pairs of a length and a distance, to the end of the block.
fn block(bits: &mut Bits<'_>, out: &mut Output, codes: &Codes) -> Result<(), String> {
    loop {
        match codes.literals.read(bits)? {
            literal @ 0..256 => out.push(literal as u8)?,
            256 => return Ok(()),
            symbol => {
                let length = length(symbol, bits)?;
                let distance = distance(codes.distances.read(bits)?, bits)?;
                out.copy(distance, length)?;
            }
        }
    }
}

/// The table of lengths: eight of one each, then four of each number of extra bits; 285 is 258.
fn length(symbol: u32, bits: &mut Bits<'_>) -> Result<usize, String> {
    let number = symbol - 257;
    let length = match number {
        0..8 => 3 + number,
        8..28 => {
            let extra = number / 4 - 1;
            3 + ((4 + number % 4) << extra) + bits.take(extra)?
        }
        28 => 258,
        _ => return Err(format!("there is no length {symbol}")),
    };
    Ok(length as usize)
}

/// The table of distances: four of one each, then two of each number of extra bits.
fn distance(symbol: u32, bits: &mut Bits<'_>) -> Result<usize, String> {
    let distance = match symbol {
        0..4 => 1 + symbol,
        4..30 => {
            let extra = symbol / 2 - 1;
            1 + ((2 + symbol % 2) << extra) + bits.take(extra)?
        }
        _ => return Err(format!("there is no distance {symbol}")),
    };
    Ok(distance as usize)
}
