//! The originals: bytes from a small seeded generator.

/// The xorshift64* generator.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next_u64(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub fn byte(&mut self) -> u8 {
        (self.next_u64() >> 56) as u8
    }
}

/// Elements like weights: the highest byte falls off geometrically from a common value, now and
/// then it is an outlier, and the other bytes are noise.
pub fn original(seed: u64, length: usize, element_size: usize) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut byte = |at: usize| {
        let noise = random.next_u64();
        let outlier = noise >> 58 == 0;
        if at % element_size + 1 < element_size || outlier {
            return random.byte();
        }
        let sign = (noise >> 40) as u8 & 0x80;
        sign | (0x3E - (noise as u32 | 1 << 12).trailing_zeros() as u8)
    };
    (0..length).map(&mut byte).collect()
}
