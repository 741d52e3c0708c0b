//! Sections 4 and 5, forwards: from the rows of a tile to its stored form.

use super::cut::{Row, split};
use super::{CONST, Plan, RANS_PAIR, RANS8, RAW, TANS_CRUMB, TANS_NIB, TANS_PAIR, TANS8};

/// Everything of one tile that goes into the blob.
pub struct Tile {
    pub predictor: u8,
    pub base: u8,
    /// The symbols of the 32 lanes, step by step.
    pub symbols: Vec<[u8; 32]>,
    pub stored_plane: Vec<u8>,
    pub raw_planes: [Vec<u8>; 3],
    pub exceptions: Vec<u32>,
}

/// The rank and the crumb written for an exception, which "are arbitrary".
const ARBITRARY_RANK: u8 = 5;
const ARBITRARY_CRUMB: u8 = 2;

pub fn encode(rows: &[Row], predictor: u8, plan: &Plan) -> Tile {
    let width = 512 / plan.element_size();
    let elements = rows.iter().flat_map(|row| row.bytes.chunks(plan.element_size()));
    let parts: Vec<(u8, [u8; 3])> = elements.map(|e| split(plan.split, e)).collect();
    let coded: Vec<u8> = parts.iter().map(|part| part.0).collect();
    let residuals: Vec<u8> =
        (0..coded.len()).map(|at| residual(&coded, width, at, predictor)).collect();
    let base = match plan.codec {
        TANS_CRUMB => best_base(&residuals, 0, 64),
        _ if plan.has_ranks() => best_base(&residuals, 15, 16),
        _ => 0,
    };
    let residuals = Residuals { rows, plan, base, of: residuals };
    let raw = |p: usize| residuals.plane(width / 32, |at, k| parts[at + k].1[p], |k| k);
    Tile {
        predictor,
        base,
        symbols: residuals.symbols(),
        stored_plane: residuals.stored_plane(),
        raw_planes: [raw(0), raw(1), raw(2)],
        exceptions: residuals.exceptions(),
    }
}

fn residual(coded: &[u8], width: usize, at: usize, predictor: u8) -> u8 {
    let (left, top) = (!at.is_multiple_of(width), at >= width);
    let neighbour = |there: bool, back: usize| if there { i32::from(coded[at - back]) } else { 0 };
    let (l, t, tl) = (neighbour(left, 1), neighbour(top, width), neighbour(left && top, width + 1));
    let prediction = [0, l, t, (l + t) / 2, l + t - tl][usize::from(predictor)];
    let bias = if predictor == 0 { 0 } else { 128 };
    (i32::from(coded[at]) - prediction + bias).rem_euclid(256) as u8
}

/// The base, from `least` on, whose `ranked` residuals are the most frequent.
fn best_base(residuals: &[u8], least: u8, ranked: i32) -> u8 {
    let covered = |base| residuals.iter().filter(|&&r| below(base, r) < ranked).count();
    (least..=255).max_by_key(|&base| covered(base)).expect("there are bases")
}

/// The distance of a residual below a base, modulo 256.
fn below(base: u8, r: u8) -> i32 {
    (i32::from(base) - i32::from(r)).rem_euclid(256)
}

/// The elements that a lane's steps put first in a pair, written out for `n` = 16, 8 and 4; the
/// second is 4 elements on, with `n` = 4 it is 2.
fn pairs(n: usize) -> (&'static [usize], usize) {
    match n {
        16 => (&[0, 1, 2, 3, 8, 9, 10, 11], 4),
        8 => (&[0, 1, 2, 3], 4),
        _ => (&[0, 1], 2),
    }
}

struct Residuals<'a> {
    rows: &'a [Row],
    plan: &'a Plan,
    base: u8,
    of: Vec<u8>,
}

impl Residuals<'_> {
    fn n(&self) -> usize {
        16 / self.plan.element_size()
    }

    /// Values of a crumb, 1 where there is none.
    fn crumbs(&self) -> i32 {
        if self.plan.codec == TANS_CRUMB { 4 } else { 1 }
    }

    fn is_exception(&self, r: u8) -> bool {
        below(self.base, r) >= 16 * self.crumbs()
    }

    fn rank(&self, r: u8) -> u8 {
        if self.is_exception(r) {
            ARBITRARY_RANK
        } else {
            (below(self.base, r) / self.crumbs()) as u8
        }
    }

    fn crumb(&self, r: u8) -> u8 {
        if self.is_exception(r) { ARBITRARY_CRUMB } else { (below(self.base, r) % 4) as u8 }
    }

    /// The elements of step `k` of the lane that begins at `lane`.
    fn pair(&self, lane: usize, k: usize) -> (u8, u8) {
        let (first, gap) = pairs(self.n());
        (self.of[lane + first[k]], self.of[lane + first[k] + gap])
    }

    fn symbols(&self) -> Vec<[u8; 32]> {
        let n = self.n();
        let steps = match self.plan.codec {
            TANS8 | RANS8 => n,
            TANS_NIB | TANS_PAIR | TANS_CRUMB | RANS_PAIR => n / 2,
            _ => 0,
        };
        let step = |row: usize, k: usize| {
            std::array::from_fn(|lane| self.symbol((row * 32 + lane) * n, k))
        };
        (0..self.rows.len()).flat_map(|row| (0..steps).map(move |k| step(row, k))).collect()
    }

    fn symbol(&self, lane: usize, k: usize) -> u8 {
        if [TANS8, RANS8].contains(&self.plan.codec) {
            return self.of[lane + k];
        }
        let (a, c) = self.pair(lane, k);
        if self.plan.codec == TANS_NIB {
            return a / 16 * 16 + c / 16;
        }
        self.rank(a) * 16 + self.rank(c)
    }

    fn stored_plane(&self) -> Vec<u8> {
        let n = self.n();
        let first = |k: usize| pairs(n).0[k];
        let nibbles = |lane, k| {
            let (a, c) = self.pair(lane, k);
            a % 16 + c % 16 * 16
        };
        let q = |lane, k| {
            let (a, c) = self.pair(lane, k);
            self.crumb(a) + 4 * self.crumb(c)
        };
        match self.plan.codec {
            RAW => self.plane(n, |lane, k| self.of[lane + k], |k| k),
            TANS_NIB => self.plane(n / 2, nibbles, first),
            TANS_CRUMB => self.plane(n / 4, |lane, k| q(lane, k) + 16 * q(lane, k + n / 4), first),
            _ => Vec::new(),
        }
    }

    /// Section 7.4: row after row and lane after lane, of a short row the present lanes, in them
    /// 0 for bytes beyond the tensor. `first` is the first element that a byte belongs to.
    fn plane(
        &self,
        lane_bytes: usize,
        byte: impl Fn(usize, usize) -> u8,
        first: impl Fn(usize) -> usize,
    ) -> Vec<u8> {
        let (n, mut plane) = (self.n(), Vec::new());
        for (row, Row { valid, .. }) in self.rows.iter().enumerate() {
            for lane in 0..valid.div_ceil(16) {
                for k in 0..lane_bytes {
                    let there = (lane * n + first(k)) * self.plan.element_size() < *valid;
                    plane.push(if there { byte((row * 32 + lane) * n, k) } else { 0 });
                }
            }
        }
        plane
    }

    fn exceptions(&self) -> Vec<u32> {
        if !self.plan.has_ranks() {
            return Vec::new();
        }
        let exceptions = self.of.iter().enumerate().filter(|(_, r)| self.is_exception(**r));
        exceptions.map(|(position, &r)| position as u32 | u32::from(r) << 24).collect()
    }
}

/// The residual of the codec Const.
pub fn coded_constant(original: &[u8], plan: &Plan) -> u8 {
    match original.get(..plan.element_size()) {
        Some(first) if plan.codec == CONST => split(plan.split, first).0,
        _ => 0,
    }
}
