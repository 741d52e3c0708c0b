//! Section 7: assembles the parts of a blob.

use super::Plan;
use super::cut::{cut, split};
use super::entropy::words;
use super::order::transposed;
use super::table::Table;
use super::tile::{Tile, coded_constant, encode};

/// A blob before its parts are joined, so that a test can change one thing in it.
#[derive(Clone, Default)]
pub struct Blob {
    pub header: Vec<u8>,
    pub plane_headers: Vec<u8>,
    pub tables: Vec<u8>,
    pub index: Vec<u8>,
    /// Tables and index of each coded plane, with the zeros between them.
    pub plane_fronts: Vec<u8>,
    pub words: Vec<u8>,
    pub coded: Vec<u8>,
    /// A coded plane's words, stored plane and exceptions, with the zeros between them.
    pub raw: [Vec<u8>; 3],
    pub exceptions: Vec<u8>,
}

impl Blob {
    /// Header and parts, "each part followed by zeros to a multiple of 16 bytes".
    pub fn bytes(&self) -> Vec<u8> {
        let [raw0, raw1, raw2] = &self.raw;
        let front =
            [&self.header, &self.plane_headers, &self.tables, &self.index, &self.plane_fronts];
        let rest = [&self.words, &self.coded, raw0, raw1, raw2, &self.exceptions];
        padded(front.into_iter().chain(rest))
    }

    /// Writes `size` bytes of a header field.
    pub fn set(&mut self, offset: usize, size: usize, value: u64) {
        self.header[offset..offset + size].copy_from_slice(&value.to_le_bytes()[..size]);
    }
}

/// Parts, each followed by zeros to a multiple of 16 bytes.
fn padded<'a>(parts: impl IntoIterator<Item = &'a Vec<u8>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in parts {
        bytes.extend_from_slice(part);
        bytes.resize(bytes.len().next_multiple_of(16), 0);
    }
    bytes
}

/// The blob with tables made of the symbols.
pub fn assemble(original: &[u8], plan: &Plan) -> Blob {
    let coded = transposed(original, plan.order);
    let tiles = tiles(&coded, plan);
    join(&coded, &tiles, &tables(&tiles, plan), plan)
}

/// The blob with tables that need not suit the symbols.
pub fn assemble_with(tables: &[Table], original: &[u8], plan: &Plan) -> Blob {
    let coded = transposed(original, plan.order);
    join(&coded, &tiles(&coded, plan), tables, plan)
}

fn tiles(original: &[u8], plan: &Plan) -> Vec<Tile> {
    let tiles = cut(original, plan).into_iter().enumerate();
    tiles.map(|(t, rows)| encode(&rows, plan.predictor(t), plan)).collect()
}

fn join(original: &[u8], tiles: &[Tile], tables: &[Table], plan: &Plan) -> Blob {
    let packed = tables.iter().flat_map(Table::bytes).collect();
    let mut blob = Blob { tables: packed, ..Blob::default() };
    for (t, tile) in tiles.iter().enumerate() {
        let table = if tables.is_empty() { 0 } else { t % tables.len() };
        add_entry(&mut blob, table as u8 | tile.predictor << 4, tile.base);
        add_tile(&mut blob, tile, tables.get(table), plan);
    }
    add_entry(&mut blob, 0, 0);
    (0..3).filter(|p| plan.coded_planes >> p & 1 == 1).for_each(|p| code_plane(&mut blob, p, plan));
    blob.header = header(original, plan, tables.len(), &blob);
    let length = blob.bytes().len();
    blob.set(48, 8, length as u64);
    blob
}

/// Section 7.6: a raw plane's bytes become "the decoded bytes of a tensor of their own".
fn code_plane(blob: &mut Blob, p: usize, of: &Plan) {
    let plan = Plan { tables: of.tables, ..Plan::flat(0, of.plane_codec) };
    let plane = assemble(&blob.raw[p], &plan);
    let header = &plane.header;
    let [codec, tile_rows, table_count] = [header[5], header[7], header[8]];
    blob.plane_headers.extend([codec, tile_rows, table_count, 0]);
    // tables_len, word_count, exception_count
    for field in [44..48, 32..40, 40..44] {
        blob.plane_headers.extend(&header[field]);
    }
    blob.plane_headers.extend([0; 4]);
    blob.plane_fronts.extend(padded([&plane.tables, &plane.index]));
    blob.raw[p] = padded([&plane.words, &plane.coded, &plane.exceptions]);
}

/// Table `i` has `P = 8 + i mod 5` and counts the symbols of the tiles that take it.
fn tables(tiles: &[Tile], plan: &Plan) -> Vec<Table> {
    let count = if plan.has_symbols() && !tiles.is_empty() { plan.tables } else { 0 };
    let table = |i: u8| {
        let mut counts = [0; 256];
        let own = tiles.iter().skip(i.into()).step_by(count.into());
        own.flat_map(|tile| tile.symbols.iter().flatten()).for_each(|&s| counts[s as usize] += 1);
        Table::new(&counts, 8 + u32::from(i) % 5)
    };
    (0..count).map(table).collect()
}

/// Section 7.3: where a tile's words and exceptions start is where the ones so far end.
fn add_entry(blob: &mut Blob, table_and_predictor: u8, base: u8) {
    let (words, exceptions) = (blob.words.len() / 4, blob.exceptions.len() / 4);
    blob.index.extend_from_slice(&words.to_le_bytes()[..6]);
    blob.index.extend([table_and_predictor, base]);
    blob.index.extend_from_slice(&exceptions.to_le_bytes()[..4]);
}

fn add_tile(blob: &mut Blob, tile: &Tile, table: Option<&Table>, plan: &Plan) {
    if let Some(table) = table {
        let words = words(&tile.symbols, plan, table);
        blob.words.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    }
    blob.coded.extend_from_slice(&tile.stored_plane);
    for p in 0..plan.element_size() - 1 {
        if plan.constant_planes >> p & 1 == 0 {
            blob.raw[p].extend_from_slice(&tile.raw_planes[p]);
        }
    }
    blob.exceptions.extend(tile.exceptions.iter().flat_map(|e| e.to_le_bytes()));
}

/// Section 7.1.
fn header(original: &[u8], plan: &Plan, tables: usize, blob: &Blob) -> Vec<u8> {
    let mut header = Blob { header: vec![0; 64], ..Blob::default() };
    header.header[..4].copy_from_slice(b"WCTB");
    let version = 2;
    let bytes = [plan.split, plan.codec, version, (plan.tile_rows - 1) as u8, tables as u8];
    header.header[4..9].copy_from_slice(&bytes);
    header.header[9] = coded_constant(original, plan);
    header.header[10..12].copy_from_slice(&[plan.constant_planes, plan.coded_planes]);
    let raw = original.get(..plan.element_size()).map_or([0; 3], |e| split(plan.split, e).1);
    for p in (0..3).filter(|p| plan.constant_planes >> p & 1 == 1) {
        header.header[12 + p] = raw[p];
    }
    header.set(16, 8, original.len() as u64);
    header.set(24, 8, plan.row_bytes as u64);
    header.set(32, 8, blob.words.len() as u64 / 4);
    header.set(40, 4, blob.exceptions.len() as u64 / 4);
    header.set(44, 4, blob.tables.len() as u64);
    let [element_bytes, columns, band_rows] = plan.order.map(|number| number as u64);
    header.set(15, 1, element_bytes);
    header.set(56, 4, columns);
    header.set(60, 4, band_rows);
    header.header
}
