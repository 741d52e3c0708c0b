//! RFC 1951 section 3.2.2: Huffman codes, given by the lengths of their codes alone.

use super::bytes::require;
use super::inflate::Bits;
use std::collections::BTreeMap;

/// The longest code.
const MOST_BITS: u32 = 15;

/// The symbol of each code, by its length and its bits.
pub struct Code(BTreeMap<(u32, u32), u32>);

impl Code {
    /// The code with these lengths, 0 for a symbol that has none. FORMAT.md: "complete", or, where
    /// `may_be_short`, "no code or a single one of one bit".
    pub fn new(lengths: &[u8], may_be_short: bool) -> Result<Self, String> {
        let (mut codes, mut code) = (BTreeMap::new(), 0u32);
        for bits in 1..=MOST_BITS {
            code <<= 1;
            for (symbol, _) in lengths.iter().enumerate().filter(|(_, l)| u32::from(**l) == bits) {
                require(code < 1 << bits, || "a Huffman code has too many codes".into())?;
                codes.insert((bits, code), symbol as u32);
                code += 1;
            }
        }
        let is_complete = code == 1 << MOST_BITS;
        let is_short = codes.keys().all(|&(bits, _)| bits == 1);
        require(is_complete || may_be_short && is_short, || "a Huffman code is incomplete".into())?;
        Ok(Self(codes))
    }

    /// The symbol that comes next: "packed starting with the most-significant bit of the code".
    pub fn read(&self, bits: &mut Bits<'_>) -> Result<u32, String> {
        let mut code = 0;
        for length in 1..=MOST_BITS {
            code = code << 1 | bits.take(1)?;
            if let Some(&symbol) = self.0.get(&(length, code)) {
                return Ok(symbol);
            }
        }
        Err("no symbol has this code".into())
    }
}
