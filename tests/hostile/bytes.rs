//! A small file with every bit turned, every byte overwritten, cut at every length, and with more
//! after it.

use crate::archive::Parts;
use crate::attempt::Attempt;

#[test]
fn every_bit() {
    let (attempt, file) = (Attempt::new(), Parts::sound().file());
    attempt.put(&file);
    for bit in 0..8 * file.len() {
        let (at, byte) = (bit / 8, file[bit / 8]);
        attempt.change(at, &[byte ^ 1 << (bit % 8)]);
        let read = attempt.again();
        assert!(read.is_err(), "bit {} of byte {at} is not missed", bit % 8);
        attempt.change(at, &[byte]);
    }
    assert_eq!(attempt.again(), Ok(()));
}

#[test]
fn every_byte_at_ten_values() {
    let (attempt, file) = (Attempt::new(), Parts::smallest().file());
    attempt.put(&file);
    for (at, &byte) in file.iter().enumerate() {
        let near = [byte.wrapping_add(1), byte.wrapping_sub(1), !byte, byte ^ 0x80];
        let mut tried = 0;
        for value in [0, 1, 0x20, 0x7F, 0x80, 0xFF].into_iter().chain(near) {
            attempt.change(at, &[value]);
            assert_eq!(attempt.again().is_ok(), value == byte, "{value} for {byte} at {at}");
            tried += 1;
        }
        assert_eq!(tried, 10);
        attempt.change(at, &[byte]);
    }
}

#[test]
fn every_length() {
    let (attempt, file) = (Attempt::new(), Parts::sound().file());
    attempt.put(&file);
    for len in (0..file.len()).rev() {
        attempt.set_len(len);
        attempt.check(&format!("cut to {len} bytes"), attempt.again(), "truncated");
    }
    for (filler, more) in [(0, 1), (0, 256), (0x20, 1), (0xFF, 7), (b'W', 5000)] {
        let longer = [file.clone(), vec![filler; more]].concat();
        attempt.check(&format!("{more} more"), attempt.read(&longer), "trailing_data");
    }
}

/// The same where the preamble admits to the length: then it is the header that contradicts it.
#[test]
fn every_length_that_the_preamble_confirms() {
    let (attempt, sound) = (Attempt::new(), Parts::sound().file());
    for len in (64..sound.len() + 300).filter(|&len| len != sound.len()) {
        let mut file = sound.clone();
        file.resize(len, 0);
        file[24..32].copy_from_slice(&(len as u64).to_le_bytes());
        support::forged::sign(&mut file);
        attempt.check(&format!("{len} bytes"), attempt.read(&file), "corrupt");
    }
}
