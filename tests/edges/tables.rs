//! Every number of tables and every width of probabilities, made by the encoder out of data that
//! calls for it.

use support::{Options, Random, Tensor, check_blob};
use wcodec::Profile;
use wcodec::encode::{PlaneCodec, Predictor};

const TILE: usize = 4096;

fn options(codec: PlaneCodec) -> Options {
    Options { profile: Profile::Ratio, ..Options::forced(codec, Predictor::None) }
}

/// A byte as tiles of kind `group` have it: kinds have none in common, and most differ in entropy
/// too.
fn byte_of(group: usize, random: &mut Random) -> u8 {
    16 * group as u8 + random.below(2 + group as u64 % 14) as u8
}

/// Four tiles of each of `groups` kinds, one kind after another and then again.
fn tiles_of(groups: usize) -> Vec<u8> {
    let mut random = Random::new(groups as u64);
    let kinds = (0..4 * groups).map(|tile| tile % groups);
    kinds.flat_map(|group| [group; TILE]).map(|group| byte_of(group, &mut random)).collect()
}

fn tables(data: Vec<u8>) -> usize {
    let tensor = Tensor::of_bytes(data);
    let blob = options(PlaneCodec::Tans8).encoder().encode(&tensor.view()).unwrap();
    check_blob(&blob, &tensor.data).prob_bits.len()
}

/// A table for each kind.
#[test]
fn one_to_fifteen_tables() {
    for groups in 1..=15 {
        assert_eq!(tables(tiles_of(groups)), groups);
    }
}

/// A tile of all fifteen kinds mixed is a kind of its own, which makes sixteen.
#[test]
fn sixteen_tables() {
    let mut data = tiles_of(15);
    let mut random = Random::new(16);
    for byte in &mut data[(3 * 15 + 13) * TILE..][..TILE] {
        let group = random.below(15) as usize;
        *byte = byte_of(group, &mut random);
    }
    assert_eq!(tables(data), 16);
}

/// 65,536 bytes, half of them 0, a quarter 1 and so on down to `2^-bits`, which the last two share.
fn halves(bits: u8) -> Vec<u8> {
    let mut data: Vec<u8> = (0..bits).flat_map(|s| vec![s; 65_536 >> (s + 1)]).collect();
    data.extend(vec![bits; 65_536 >> bits]);
    let mut random = Random::new(bits.into());
    for at in (1..data.len()).rev() {
        data.swap(at, random.below(at as u64 + 1) as usize);
    }
    data
}

/// Probabilities that are powers of two down to `2^-P` take exactly `P` bits.
#[test]
fn every_width_of_probabilities() {
    for bits in 8..=12 {
        let tensor = Tensor::of_bytes(halves(bits));
        let blob = options(PlaneCodec::Tans8).encoder().encode(&tensor.view()).unwrap();
        assert_eq!(check_blob(&blob, &tensor.data).prob_bits, [bits]);
    }
}

/// The encoder of a few symbols must make a table of two at least.
#[test]
fn one_symbol_and_two() {
    let mut random = Random::new(2);
    let two: Vec<u8> = (0..9000).map(|_| [17, 200][random.below(2) as usize]).collect();
    let mut rare = vec![17; 9000];
    rare[8999] = 200;
    for data in [vec![0; 9000], vec![255; 9000], vec![17; 1], two, rare] {
        let tensor = Tensor::of_bytes(data);
        for codec in PlaneCodec::ALL.into_iter().filter(|codec| codec.has_symbols()) {
            let blob = options(codec).encoder().encode(&tensor.view()).unwrap();
            assert_eq!(check_blob(&blob, &tensor.data).codec, codec);
        }
    }
}

#[test]
fn all_256_symbols_alike() {
    let each_as_often: Vec<u8> = (0..4 * TILE).map(|at| (at * 167 % 256) as u8).collect();
    let drawn = Random::new(9).bytes(4 * TILE);
    for data in [each_as_often, drawn] {
        let tensor = Tensor::of_bytes(data);
        for codec in PlaneCodec::ALL.into_iter().filter(|codec| codec.has_symbols()) {
            let blob = options(codec).encoder().encode(&tensor.view()).unwrap();
            check_blob(&blob, &tensor.data);
        }
    }
}
