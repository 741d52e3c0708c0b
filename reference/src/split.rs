//! FORMAT.md section 3: "An element of 1, 2 or 4 bytes is split into one *coded byte* and 0, 1 or
//! 3 *raw bytes*."

#[derive(Clone, Copy)]
pub enum Split {
    Byte,
    RotatedByte,
    Exponent16,
    High16,
    Exponent32,
    High32,
}

impl Split {
    pub fn from_number(number: u8) -> Result<Self, String> {
        Ok(match number {
            0 => Self::Byte,
            1 => Self::RotatedByte,
            2 => Self::Exponent16,
            3 => Self::High16,
            4 => Self::Exponent32,
            5 => Self::High32,
            _ => return Err(format!("split {number} is not one of 0 to 5")),
        })
    }

    /// Bytes of an element.
    pub fn element_size(self) -> usize {
        match self {
            Self::Byte | Self::RotatedByte => 1,
            Self::Exponent16 | Self::High16 => 2,
            Self::Exponent32 | Self::High32 => 4,
        }
    }

    /// An element has one coded byte; all its others are raw.
    pub fn raw_planes(self) -> usize {
        self.element_size() - 1
    }

    /// "`n` is the number of elements in a lane's 16 bytes: 16, 8 or 4."
    pub fn lane_elements(self) -> usize {
        16 / self.element_size()
    }

    /// The element, in the low bits, from its coded byte and its raw bytes 0, 1 and 2.
    pub fn join(self, coded: u8, raw: [u8; 3]) -> u32 {
        let c = u32::from(coded);
        let [r0, r1, r2] = raw.map(u32::from);
        match self {
            Self::Byte => c,
            // The coded byte is the element rotated left, so the element is it rotated back.
            Self::RotatedByte => u32::from(coded.rotate_right(1)),
            Self::Exponent16 => (r0 >> 7) << 15 | c << 7 | r0 & 0x7F,
            Self::High16 => c << 8 | r0,
            Self::Exponent32 => (r2 >> 7) << 31 | c << 23 | (r2 & 0x7F) << 16 | r1 << 8 | r0,
            Self::High32 => c << 24 | r2 << 16 | r1 << 8 | r0,
        }
    }
}
