//! XXH3-64 with seed 0, after the specification of its author (Y. Collet, doc/xxhash_spec.md,
//! section "XXH3 Algorithm Description"). FORMAT.md, opening: "XXH3-64 has seed 0".

/// The specification's default secret.
#[rustfmt::skip]
const SECRET: [u8; 192] = [
    0xB8, 0xFE, 0x6C, 0x39, 0x23, 0xA4, 0x4B, 0xBE, 0x7C, 0x01, 0x81, 0x2C,
    0xF7, 0x21, 0xAD, 0x1C, 0xDE, 0xD4, 0x6D, 0xE9, 0x83, 0x90, 0x97, 0xDB,
    0x72, 0x40, 0xA4, 0xA4, 0xB7, 0xB3, 0x67, 0x1F, 0xCB, 0x79, 0xE6, 0x4E,
    0xCC, 0xC0, 0xE5, 0x78, 0x82, 0x5A, 0xD0, 0x7D, 0xCC, 0xFF, 0x72, 0x21,
    0xB8, 0x08, 0x46, 0x74, 0xF7, 0x43, 0x24, 0x8E, 0xE0, 0x35, 0x90, 0xE6,
    0x81, 0x3A, 0x26, 0x4C, 0x3C, 0x28, 0x52, 0xBB, 0x91, 0xC3, 0x00, 0xCB,
    0x88, 0xD0, 0x65, 0x8B, 0x1B, 0x53, 0x2E, 0xA3, 0x71, 0x64, 0x48, 0x97,
    0xA2, 0x0D, 0xF9, 0x4E, 0x38, 0x19, 0xEF, 0x46, 0xA9, 0xDE, 0xAC, 0xD8,
    0xA8, 0xFA, 0x76, 0x3F, 0xE3, 0x9C, 0x34, 0x3F, 0xF9, 0xDC, 0xBB, 0xC7,
    0xC7, 0x0B, 0x4F, 0x1D, 0x8A, 0x51, 0xE0, 0x4B, 0xCD, 0xB4, 0x59, 0x31,
    0xC8, 0x9F, 0x7E, 0xC9, 0xD9, 0x78, 0x73, 0x64, 0xEA, 0xC5, 0xAC, 0x83,
    0x34, 0xD3, 0xEB, 0xC3, 0xC5, 0x81, 0xA0, 0xFF, 0xFA, 0x13, 0x63, 0xEB,
    0x17, 0x0D, 0xDD, 0x51, 0xB7, 0xF0, 0xDA, 0x49, 0xD3, 0x16, 0x55, 0x26,
    0x29, 0xD4, 0x68, 0x9E, 0x2B, 0x16, 0xBE, 0x58, 0x7D, 0x47, 0xA1, 0xFC,
    0x8F, 0xF8, 0xB8, 0xD1, 0x7A, 0xD0, 0x31, 0xCE, 0x45, 0xCB, 0x3A, 0x8F,
    0x95, 0x16, 0x04, 0x28, 0xAF, 0xD7, 0xFB, 0xCA, 0xBB, 0x4B, 0x40, 0x7E,
];

const PRIME32_1: u64 = 0x9E37_79B1;
const PRIME32_2: u64 = 0x85EB_CA77;
const PRIME32_3: u64 = 0xC2B2_AE3D;
const PRIME64_1: u64 = 0x9E37_79B1_85EB_CA87;
const PRIME64_2: u64 = 0xC2B2_AE3D_27D4_EB4F;
const PRIME64_3: u64 = 0x1656_67B1_9E37_79F9;
const PRIME64_4: u64 = 0x85EB_CA77_C2B2_AE63;
const PRIME64_5: u64 = 0x27D4_EB2F_1656_67C5;
const PRIME_MX1: u64 = 0x1656_6791_9E37_79F9;
const PRIME_MX2: u64 = 0x9FB2_1C65_1E98_DF25;

/// Bytes of a stripe, eight for each accumulator.
const STRIPE: usize = 64;
/// Bytes that are accumulated between two scramblings: a stripe for each 8 bytes that the secret
/// has beyond one.
const BLOCK: usize = STRIPE * ((SECRET.len() - STRIPE) / 8);

/// The XXH3-64 of these bytes.
pub fn xxh3(input: &[u8]) -> u64 {
    match input.len() {
        0 => avalanche_xxh64(secret(56) ^ secret(64)),
        1..=3 => hash_1_to_3(input),
        4..=8 => hash_4_to_8(input),
        9..=16 => hash_9_to_16(input),
        17..=128 => hash_17_to_128(input),
        129..=240 => hash_129_to_240(input),
        _ => hash_long(input),
    }
}

fn hash_1_to_3(input: &[u8]) -> u64 {
    let length = input.len();
    let [first, middle, last] = [input[0], input[length / 2], input[length - 1]].map(u64::from);
    let combined = last | (length as u64) << 8 | first << 16 | middle << 24;
    avalanche_xxh64((word(&SECRET, 0) ^ word(&SECRET, 4)) ^ combined)
}

fn hash_4_to_8(input: &[u8]) -> u64 {
    let length = input.len();
    let both = word(input, length - 4) | word(input, 0) << 32;
    let mut hash = both ^ secret(8) ^ secret(16);
    hash ^= hash.rotate_left(49) ^ hash.rotate_left(24);
    hash = hash.wrapping_mul(PRIME_MX2);
    hash ^= (hash >> 35).wrapping_add(length as u64);
    hash = hash.wrapping_mul(PRIME_MX2);
    hash ^ hash >> 28
}

fn hash_9_to_16(input: &[u8]) -> u64 {
    let length = input.len();
    let low = secret(24) ^ secret(32) ^ double(input, 0);
    let high = secret(40) ^ secret(48) ^ double(input, length - 8);
    let sum = (length as u64).wrapping_add(low.swap_bytes()).wrapping_add(high);
    avalanche(sum.wrapping_add(folded_product(low, high)))
}

fn hash_17_to_128(input: &[u8]) -> u64 {
    let length = input.len();
    let mut hash = PRIME64_1.wrapping_mul(length as u64);
    for round in 0..=(length - 1) / 32 {
        hash = hash.wrapping_add(mix(input, 16 * round, 32 * round));
        hash = hash.wrapping_add(mix(input, length - 16 * (round + 1), 32 * round + 16));
    }
    avalanche(hash)
}

fn hash_129_to_240(input: &[u8]) -> u64 {
    let length = input.len();
    let mut hash = PRIME64_1.wrapping_mul(length as u64);
    for round in 0..8 {
        hash = hash.wrapping_add(mix(input, 16 * round, 16 * round));
    }
    hash = avalanche(hash);
    for round in 8..length / 16 {
        hash = hash.wrapping_add(mix(input, 16 * round, 16 * (round - 8) + 3));
    }
    avalanche(hash.wrapping_add(mix(input, length - 16, 136 - 17)))
}

fn hash_long(input: &[u8]) -> u64 {
    let mut lanes =
        [PRIME32_3, PRIME64_1, PRIME64_2, PRIME64_3, PRIME64_4, PRIME32_2, PRIME64_5, PRIME32_1];
    let length = input.len();
    // The last block, whole or not, is never scrambled.
    let whole_blocks = (length - 1) / BLOCK;
    let (blocks, rest) = input.split_at(whole_blocks * BLOCK);
    for block in blocks.chunks(BLOCK) {
        accumulate_stripes(&mut lanes, block, BLOCK / STRIPE);
        scramble(&mut lanes);
    }
    accumulate_stripes(&mut lanes, rest, (rest.len() - 1) / STRIPE);
    accumulate(&mut lanes, &input[length - STRIPE..], SECRET.len() - STRIPE - 7);
    let mut hash = PRIME64_1.wrapping_mul(length as u64);
    for (pair, lanes) in lanes.chunks(2).enumerate() {
        let place = 11 + 16 * pair;
        let product = folded_product(lanes[0] ^ secret(place), lanes[1] ^ secret(place + 8));
        hash = hash.wrapping_add(product);
    }
    avalanche(hash)
}

fn accumulate_stripes(lanes: &mut [u64; 8], input: &[u8], count: usize) {
    for (number, stripe) in input.chunks(STRIPE).take(count).enumerate() {
        accumulate(lanes, stripe, 8 * number);
    }
}

fn accumulate(lanes: &mut [u64; 8], stripe: &[u8], place: usize) {
    for lane in 0..8 {
        let value = double(stripe, 8 * lane);
        let key = value ^ secret(place + 8 * lane);
        lanes[lane ^ 1] = lanes[lane ^ 1].wrapping_add(value);
        lanes[lane] = lanes[lane].wrapping_add((key & 0xFFFF_FFFF) * (key >> 32));
    }
}

fn scramble(lanes: &mut [u64; 8]) {
    for (number, lane) in lanes.iter_mut().enumerate() {
        *lane ^= *lane >> 47;
        *lane ^= secret(SECRET.len() - STRIPE + 8 * number);
        *lane = lane.wrapping_mul(PRIME32_1);
    }
}

fn avalanche(mut hash: u64) -> u64 {
    hash ^= hash >> 37;
    hash = hash.wrapping_mul(PRIME_MX1);
    hash ^ hash >> 32
}

/// The one of XXH64, which the shortest inputs have.
fn avalanche_xxh64(mut hash: u64) -> u64 {
    hash ^= hash >> 33;
    hash = hash.wrapping_mul(PRIME64_2);
    hash ^= hash >> 29;
    hash = hash.wrapping_mul(PRIME64_3);
    hash ^ hash >> 32
}

/// Sixteen bytes of the input with sixteen of the secret.
fn mix(input: &[u8], at: usize, place: usize) -> u64 {
    folded_product(double(input, at) ^ secret(place), double(input, at + 8) ^ secret(place + 8))
}

/// The halves of the 128-bit product, xored.
fn folded_product(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

fn secret(place: usize) -> u64 {
    double(&SECRET, place)
}

fn double(bytes: &[u8], at: usize) -> u64 {
    word(bytes, at) | word(bytes, at + 4) << 32
}

/// Four bytes, little-endian.
fn word(bytes: &[u8], at: usize) -> u64 {
    bytes[at..at + 4].iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte))
}
