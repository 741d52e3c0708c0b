use super::{expand, shorten};

/// Checks that a text becomes this short text, and comes back.
#[track_caller]
fn there_and_back(text: &str, expected: &str) {
    let mut short = Vec::new();
    let take = |piece: &[u8]| {
        short.extend_from_slice(piece);
        Ok(())
    };
    assert_eq!(shorten(text, take).unwrap(), expected.len());
    assert_eq!(str::from_utf8(&short).unwrap(), expected, "{text}");
    let header = [&short[..], b"fields"].concat();
    let expanded = expand(header, short.len(), text.len()).ok().unwrap();
    assert_eq!(expanded, [text.as_bytes(), b"fields"].concat());
}

fn entry(from: u64, to: u64) -> String {
    format!(r#""data_offsets":[{from},{to}]"#)
}

fn short_entry(difference: &str) -> String {
    format!("\"data_offsets\":[{difference}]")
}

#[test]
fn offsets_that_follow_are_left_out() {
    for (ranges, short) in [
        (&[(0, 9)][..], &["\x019"][..]),
        (&[(0, 0), (0, 1000), (1000, 1001)], &["\x010", "\x011000", "\x011"]),
        // One that does not begin where the one before ends, and one after it that does.
        (&[(0, 9), (10, 11), (9, 30)], &["\x019", "10,11", "\x0121"]),
        (&[(0, u64::MAX), (u64::MAX, u64::MAX)], &["\x0118446744073709551615", "\x010"]),
    ] {
        let text: String = ranges.iter().map(|&(from, to)| entry(from, to)).collect();
        there_and_back(&text, &short.iter().map(|entry| short_entry(entry)).collect::<String>());
    }
}

#[test]
fn offsets_that_are_written_otherwise_stay() {
    for offsets in ["0, 9", "00,9", "0,09", "0,18446744073709551616", "5,4", "-0,4", "0", ""] {
        let text = format!(r#""data_offsets":[{offsets}]"#);
        there_and_back(&text, &text);
    }
    there_and_back(r#""data_offset":[0,4]"#, r#""data_offset":[0,4]"#);
}

#[test]
fn numbers_that_go_on_are_left_out() {
    for (text, short) in [
        ("", ""),
        ("{}", "{}"),
        ("a.0.b1}a.0.b2}a.1.b2}", "a.0.b1}a.\x02.b\x03}a.\x03.b\x02}"),
        // Those of the last member alone, in order.
        ("a7}a}a7}", "a7}a}a7}"),
        ("1 2}2 1}0}0 1}", "1 2}\x03 1}0}\x02 1}"),
        // As they are written.
        ("07}07}7}8}", "07}07}7}\x03}"),
        ("18446744073709551615}18446744073709551615}18446744073709551616}", {
            "18446744073709551615}\x02}18446744073709551616}"
        }),
        ("18446744073709551616}18446744073709551616}", {
            "18446744073709551616}18446744073709551616}"
        }),
    ] {
        there_and_back(text, short);
    }
}

/// Longer ones than a piece are handed over in several.
#[test]
fn long_texts_come_back() {
    let digits = "7".repeat(100_000);
    there_and_back(&digits, &digits);
    let text = "a8}".repeat(50_000);
    there_and_back(&text, &format!("a8}}{}", "a\x02}".repeat(49_999)));
}

/// Sixteen numbers of a member have counterparts.
#[test]
fn the_first_numbers_are_kept() {
    let member = |from: u64| (0..20).map(|n| format!("{} ", from + n)).collect::<String>() + "}";
    let rest = (17..21).map(|n| format!("{n} ")).collect::<String>();
    let short = member(0) + &"\x03 ".repeat(16) + &rest + "}";
    there_and_back(&(member(0) + &member(1)), &short);
}

#[test]
fn what_no_text_becomes_is_refused() {
    let expanded = |short: &[u8], len| expand(short.to_vec(), short.len(), len).is_ok();
    assert!(expanded(b"a\x015b", 5));
    assert!(expanded(b"9}\x03}", 5));
    for (short, len) in [
        (&b"a\x015b"[..], 6),
        (b"a\x015b", 3),
        (b"a\x01b", 5),
        (b"a\x01", 9),
        (b"a\x0105b", 6),
        (b"\x0118446744073709551615\x011", 45),
        (b"\x0118446744073709551616", 23),
        (b"\x02", 1),
        (b"1\x02", 2),
        (b"9}\x03}", 4),
        (b"1}2}}\x02", 6),
        (b"07}\x02", 5),
        (b"18446744073709551615}\x03", 41),
        (b"plain", 6),
    ] {
        assert!(!expanded(short, len), "{short:?}");
    }
}
