//! A table's states and its look-up entries are what section 6.1 says.

use crate::case::{Shares, table};
use support::Random;
use support::assembler::Table as ByHand;
use wcodec::programs::format::{MAX_PROB_BITS, Table};
use wcodec_codec::entropy;

/// Random tables of every kind and precision.
fn tables() -> impl Iterator<Item = (Table, ByHand)> {
    let mut random = Random::new(12);
    let kinds = [Shares::Few, Shares::Many, Shares::Ones, Shares::NearlyAll];
    let kinds = (0..20).flat_map(move |_| kinds);
    kinds.flat_map(move |shares| {
        [8, 9, 10, 11, 12].map(|precision| {
            let by_hand = table(precision, shares, &mut random);
            let frequencies = by_hand.frequency.map(|f| f as u16);
            (Table::new(precision as u8, frequencies).unwrap(), by_hand)
        })
    })
}

#[test]
fn every_state_is_visited_once() {
    for (table, by_hand) in tables() {
        let mut visited = Vec::new();
        table.for_each_state(|state, symbol, number| visited.push((state, symbol, number)));
        assert!(visited.iter().map(|visit| visit.0).eq(0..1 << by_hand.precision));
        for (symbol, &f) in (0..=255).zip(&by_hand.frequency) {
            let own = visited.iter().filter(|visit| visit.1 == symbol);
            assert!(own.map(|visit| u32::from(visit.2)).eq(f..2 * f), "symbol {symbol}");
        }
    }
}

#[test]
fn states_are_spread_with_the_stride() {
    for (table, by_hand) in tables() {
        let mut visited: Vec<Vec<u32>> = vec![Vec::new(); 256];
        table.for_each_state(|state, symbol, _| visited[usize::from(symbol)].push(state.into()));
        assert_eq!(visited, by_hand.states());
    }
}

/// "`b = P − floor(log2 x)` bits, […] to one of the states from `x·2^b − 2^P` on", and the lowest
/// state of each symbol marked.
#[test]
fn entries_say_how_to_go_on() {
    for (table, by_hand) in tables() {
        let mut expected = [0; 1 << MAX_PROB_BITS];
        let count = 1 << by_hand.precision;
        for (symbol, own) in (0..).zip(by_hand.states()) {
            for (x, &state) in (own.len() as u32..).zip(&own) {
                // x·2^b is what lies from 2^P to below 2^(P+1).
                let b = (0..).find(|b| x << b >= count).unwrap();
                let lowest = u32::from(state == own[0]);
                expected[state as usize] = ((x << b) - count) << 16 | symbol << 8 | lowest << 7 | b;
            }
        }
        let mut entries = [u32::MAX; 1 << MAX_PROB_BITS];
        entropy::tans::entries(&table, &mut entries);
        assert!(entries == expected, "{table:?}");
    }
}
