//! CRC-32C, bit by bit. FORMAT.md, opening: "CRC-32C is the Castagnoli polynomial (RFC 3720, B.4)".

/// The Castagnoli polynomial 0x1EDC6F41 with its bits reversed, as the bits of a byte enter the
/// register lowest first.
const REVERSED_POLYNOMIAL: u32 = 0x82F6_3B78;

/// The CRC-32C of these bytes.
pub fn crc32c(bytes: &[u8]) -> u32 {
    let mut register = u32::MAX;
    for &byte in bytes {
        register ^= u32::from(byte);
        for _ in 0..8 {
            let carry = register & 1;
            register >>= 1;
            if carry == 1 {
                register ^= REVERSED_POLYNOMIAL;
            }
        }
    }
    !register
}
