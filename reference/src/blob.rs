//! FORMAT.md section 7: a blob, decoded.

use super::geometry::{LANES, Tile};
use super::header::{BlobHeader, parse_header};
use super::index::{TileEntry, parse_index};
use super::parts::{CodedParts, cut};
use super::plane::Plane;
use super::residuals::residuals;
use super::table::{Table, parse_tables};

/// A blob whose header, tables and index have been checked; or a coded plane of one, as a tensor of
/// its own.
pub struct Blob<'a> {
    pub header: &'a BlobHeader,
    pub parts: CodedParts<'a>,
    pub tables: Vec<Table>,
    pub coded: Plane<'a>,
    pub raw: [Plane<'a>; 3],
}

/// Decodes one blob: the bytes of its tensor, or which rule of FORMAT.md it breaks and where.
pub fn decode_blob(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let header = parse_header(bytes)?;
    let parts = cut(bytes, &header, header.geometry.tiles()?)?;
    // The fronts of all are checked before anything is decoded.
    let own = Blob::new(&header, parts.coded, parts.raw)?;
    let mut planes = [const { None }; 3];
    for (p, plane) in planes.iter_mut().enumerate() {
        if let Some(header) = header.coded_planes[p].as_deref() {
            let blob = Blob::new(header, parts.coded_planes[p], [&[]; 3]);
            *plane = Some(blob.map_err(|why| format!("coded plane {p}: {why}"))?);
        }
    }
    let mut decoded = [const { Vec::new() }; 3];
    for (p, (plane, decoded)) in planes.iter().zip(&mut decoded).enumerate() {
        if let Some((blob, index)) = plane {
            let bytes = blob.decode(index);
            *decoded = bytes.map_err(|why| format!("coded plane {p}: {why}"))?;
        }
    }
    let (mut blob, index) = own;
    for (p, decoded) in decoded.iter().enumerate().filter(|(_, decoded)| !decoded.is_empty()) {
        blob.raw[p].bytes = decoded;
    }
    let coded = blob.decode(&index)?;
    Ok(match &header.order {
        Some(order) => order.restore(&coded),
        None => coded,
    })
}

impl<'a> Blob<'a> {
    fn new(
        header: &'a BlobHeader,
        parts: CodedParts<'a>,
        raw: [&'a [u8]; 3],
    ) -> Result<(Self, Vec<TileEntry>), String> {
        let index = parse_index(parts.index, header, header.geometry.tiles()?)?;
        let tables = parse_tables(parts.tables, header.table_count)?;
        let n = header.split.lane_elements();
        let coded = Plane { bytes: parts.stored, lane_bytes: header.codec.stored_bytes(n) };
        let raw = raw.map(|bytes| Plane { bytes, lane_bytes: n });
        Ok((Self { header, parts, tables, coded, raw }, index))
    }

    fn decode(&self, index: &[TileEntry]) -> Result<Vec<u8>, String> {
        // The index has 12 bytes for every tile, and a tile at most 128 KiB: the length is proven.
        let length = usize::try_from(self.header.geometry.byte_len);
        let mut decoded = vec![0; length.map_err(|_| "byte_len is beyond this machine")?];
        for (t, entry) in (0..).zip(index) {
            let tile = self.header.geometry.tile(t);
            self.decode_tile(&tile, entry, &mut decoded)
                .map_err(|why| format!("tile {t}: {why}"))?;
        }
        Ok(decoded)
    }

    /// Residuals, prediction undone, then each element joined and put at its place.
    fn decode_tile(
        &self,
        tile: &Tile,
        entry: &TileEntry,
        decoded: &mut [u8],
    ) -> Result<(), String> {
        let n = self.header.split.lane_elements();
        let width = LANES * n;
        let mut coded = residuals(self, tile, entry)?;
        entry.predictor.undo(&mut coded, width);
        for (place, &coded) in coded.iter().enumerate() {
            let (i, column) = (place / width, place % width);
            let raw = self.raw_bytes(tile, (i, column / n), column % n)?;
            self.put_element(tile, (i, column), self.header.split.join(coded, raw), decoded);
        }
        Ok(())
    }

    /// The raw bytes of element `k` of a lane.
    fn raw_bytes(&self, tile: &Tile, lane: (usize, usize), k: usize) -> Result<[u8; 3], String> {
        let mut raw = [0; 3];
        for (p, byte) in raw.iter_mut().enumerate().take(self.header.split.raw_planes()) {
            *byte = match self.header.raw_constants[p] {
                Some(constant) => constant,
                None => self.raw[p].byte(&self.header.geometry, tile, lane, k)?,
            };
        }
        Ok(raw)
    }

    /// Writes an element in little-endian order and "drops what lies beyond" the last row's end.
    fn put_element(
        &self,
        tile: &Tile,
        (i, column): (usize, usize),
        element: u32,
        decoded: &mut [u8],
    ) {
        let size = self.header.split.element_size();
        let row = self.header.geometry.row_offset(tile, i) as usize;
        let start = row + column * size;
        if let Some(place) = decoded.get_mut(start..start + size) {
            place.copy_from_slice(&element.to_le_bytes()[..size]);
        }
    }
}
