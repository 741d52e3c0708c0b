//! FORMAT.md section 10: a delta, decoded with its reference.

use super::blob::decode_blob;
use super::bytes::{align, byte, integer, require, slice, zeros};

/// "A segment is 65536 bytes of the tensor".
const SEGMENT_BYTES: u64 = 65536;

/// What the header of a delta says.
struct Header {
    width: u64,
    sparse: bool,
    stored: u64,
    byte_len: u64,
    reference_len: u64,
    row_bytes: u64,
    rows_len: u64,
    gaps_len: u64,
    differences_len: u64,
}

/// Decodes a delta with the reference that it needs, or says which rule of FORMAT.md it breaks.
pub fn decode_delta(bytes: &[u8], reference: &[u8]) -> Result<Vec<u8>, String> {
    let header = header(bytes)?;
    let is = reference.len() as u64;
    require(is == header.reference_len, || {
        format!("the reference has {is} bytes, not {}", header.reference_len)
    })?;
    let segments = if header.sparse { header.byte_len.div_ceil(SEGMENT_BYTES) } else { 0 };
    let segments_len = align(8 * segments, 16, "segments")?;
    zeros(bytes, 64 + 8 * segments, segments_len - 8 * segments, "padding of the segments")?;
    let rows_at = 64 + segments_len;
    let gaps_at = rows_at + header.rows_len;
    let differences_at = gaps_at + header.gaps_len;
    let differences = part(bytes, differences_at, header.differences_len, "differences")?;
    let mut data = match header.row_bytes {
        0 => reference.to_vec(),
        row => {
            let map = part(bytes, rows_at, header.rows_len, "map of rows")?;
            rearranged(&map, reference, row, header.byte_len)?
        }
    };
    if !header.sparse {
        let expected = header.byte_len / header.width * header.stored;
        require(differences.len() as u64 == expected, || "not every difference".into())?;
        for at in (0..header.byte_len).step_by(header.width as usize) {
            let from = at / header.width * header.stored;
            add(&mut data, at, &differences[from as usize..], &header)?;
        }
        return Ok(data);
    }
    let gaps = part(bytes, gaps_at, header.gaps_len, "gaps")?;
    let (mut code, mut value) = (0, 0);
    for segment in 0..segments {
        let codes = integer(bytes, 64 + 8 * segment, 4, "codes of a segment")?;
        let changes = integer(bytes, 68 + 8 * segment, 4, "changes of a segment")?;
        let end = (header.byte_len - segment * SEGMENT_BYTES).min(SEGMENT_BYTES);
        let (mut at, before) = (0, value);
        for code in code..code + codes {
            let gap = u64::from(byte(&gaps, code, "gap")?);
            at += gap * header.width;
            if gap == 255 {
                continue;
            }
            require(at < end, || format!("a change beyond segment {segment}"))?;
            let place = segment * SEGMENT_BYTES + at;
            let from = slice(&differences, value * header.stored, header.stored, "difference")?;
            add(&mut data, place, from, &header)?;
            (at, value) = (at + header.width, value + 1);
        }
        code += codes;
        require(value - before == changes, || format!("segment {segment} has other changes"))?;
        let most = end / header.width / 255;
        require(codes - changes <= most, || format!("segment {segment} has too many gaps"))?;
    }
    require(code == gaps.len() as u64, || "gaps of no segment".into())?;
    let used = value * header.stored;
    require(used == differences.len() as u64, || "differences of no change".into())?;
    Ok(data)
}

fn header(bytes: &[u8]) -> Result<Header, String> {
    require(slice(bytes, 0, 4, "magic")? == b"WCTD", || "the delta begins otherwise".into())?;
    let version = byte(bytes, 4, "version")?;
    require(version == 1, || format!("version {version} of deltas"))?;
    let (width, form) = (u64::from(byte(bytes, 5, "width")?), byte(bytes, 6, "form")?);
    require([1, 2, 4, 8].contains(&width), || format!("elements of {width} bytes"))?;
    require(form <= 1, || format!("form {form}"))?;
    let stored = u64::from(byte(bytes, 7, "width of differences")?);
    require([1, 2, 4, 8].contains(&stored) && stored <= width, || {
        format!("differences of {stored} bytes")
    })?;
    let field = |at| integer(bytes, at, 8, "field of the delta's header");
    let header = Header {
        width,
        sparse: form == 1,
        stored,
        byte_len: field(8)?,
        reference_len: field(16)?,
        row_bytes: field(24)?,
        rows_len: field(32)?,
        gaps_len: field(40)?,
        differences_len: field(48)?,
    };
    let Header { byte_len, reference_len, row_bytes, .. } = header;
    require(byte_len % width == 0, || "the elements are not whole".into())?;
    if row_bytes == 0 {
        require(byte_len == reference_len, || "the reference has another length".into())?;
        require(header.rows_len == 0, || "a map of no rows".into())?;
    } else {
        let whole = [row_bytes % width, byte_len % row_bytes, reference_len % row_bytes];
        require(whole == [0; 3], || "the rows are not whole".into())?;
        require(reference_len / row_bytes < 1 << 31, || "too many rows".into())?;
    }
    require(header.sparse || header.gaps_len == 0, || "gaps of a dense delta".into())?;
    let segments = if header.sparse { byte_len.div_ceil(SEGMENT_BYTES) } else { 0 };
    let parts = [align(8 * segments, 16, "segments")?, header.rows_len, header.gaps_len];
    let sum = parts.into_iter().try_fold(64, u64::checked_add);
    let sum = sum.and_then(|sum| sum.checked_add(header.differences_len));
    let is = bytes.len() as u64;
    require(sum == Some(is) && field(56)? == is, || format!("{is} bytes are not its parts"))?;
    Ok(header)
}

fn part(bytes: &[u8], at: u64, length: u64, what: &str) -> Result<Vec<u8>, String> {
    decode_blob(slice(bytes, at, length, what)?).map_err(|why| format!("{what}: {why}"))
}

/// "0 for none, otherwise … folded, and 1 more": the rows of the reference where the tensor has them.
fn rearranged(map: &[u8], reference: &[u8], row: u64, byte_len: u64) -> Result<Vec<u8>, String> {
    let rows = (map.len() as u64 / 4).checked_mul(row);
    require(rows == Some(byte_len) && map.len().is_multiple_of(4), || {
        format!("a map of {} bytes for {byte_len} of rows", map.len())
    })?;
    let (mut data, mut next) = (Vec::new(), 0i64);
    for at in (0..map.len() as u64).step_by(4) {
        let code = integer(map, at, 4, "code of a row")? as i64;
        if code == 0 {
            data.resize(data.len() + row as usize, 0);
            continue;
        }
        let folded = code - 1;
        let distance = if folded % 2 == 0 { folded / 2 } else { -(folded + 1) / 2 };
        let number = u64::try_from(next + distance).map_err(|_| "a row before the first")?;
        data.extend_from_slice(slice(reference, number * row, row, "row of the reference")?);
        next = number as i64 + 1;
    }
    Ok(data)
}

/// Adds the folded difference that `from` begins with to the element at `at`.
fn add(data: &mut [u8], at: u64, from: &[u8], header: &Header) -> Result<(), String> {
    let (width, folded) = (header.width, integer(from, 0, header.stored, "difference")?);
    let change =
        if folded % 2 == 0 { folded / 2 } else { (folded / 2).wrapping_neg().wrapping_sub(1) };
    let new = integer(data, at, width, "element")?.wrapping_add(change);
    let (at, width) = (at as usize, width as usize);
    data[at..at + width].copy_from_slice(&new.to_le_bytes()[..width]);
    Ok(())
}
