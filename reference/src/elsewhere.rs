//! FORMAT.md section 1.3, fields 6 and 7: tensors whose bytes lie in other files of the folder.

use super::bytes::{integer, require, slice};
use super::fields::Fields;

/// The other files that a file refers to.
pub struct OtherFiles {
    /// The file's own folder in the compressed one.
    pub folder: String,
    /// By their paths in the compressed folder.
    pub names: Vec<String>,
    /// For each tensor of kind 4 the number of a file, and that of the tensor there.
    pub references: Vec<(usize, u64)>,
}

/// "Names, each followed by a zero byte: that of the archive's own folder, then those of the other
/// files"; "for each tensor of kind 4 … the number of the file, and of the tensor there".
pub fn other_files(fields: &Fields, tensors: u64) -> Result<OtherFiles, String> {
    let is = fields.elsewhere.len() as u64;
    require(is == 8 * tensors, || format!("{is} bytes of field 7 for {tensors} tensors"))?;
    let (folder, names) = names(&fields.other_files)?;
    let mut references = Vec::new();
    for i in 0..tensors {
        let reference = slice(&fields.elsewhere, 8 * i, 8, "reference")?;
        let file = integer(reference, 0, 4, "file")? as usize;
        references.push((file, integer(reference, 4, 4, "tensor")?));
    }
    let mut used: Vec<usize> = references.iter().map(|&(file, _)| file).collect();
    used.sort();
    used.dedup();
    require(used.into_iter().eq(0..names.len()), || "not just the named files are used".into())?;
    Ok(OtherFiles { folder, names, references })
}

fn names(bytes: &[u8]) -> Result<(String, Vec<String>), String> {
    if bytes.is_empty() {
        return Ok(Default::default());
    }
    let text = str::from_utf8(bytes).map_err(|why| format!("field 6: {why}"))?;
    let text = text.strip_suffix('\0').ok_or("field 6 does not end with a zero")?;
    let mut all = text.split('\0').map(str::to_owned);
    let folder = all.next().unwrap_or_default();
    require(folder.is_empty() || is_path(&folder), || format!("{folder:?} is no path"))?;
    let names: Vec<String> = all.collect();
    require(names.is_sorted_by(|one, other| one < other), || "names do not ascend".into())?;
    for name in &names {
        let parts: Vec<&str> = name.split('/').collect();
        let (last, folders) = parts.split_last().ok_or("a name without parts")?;
        let stem = last.strip_suffix(".wcodec").unwrap_or_default();
        let open = folders.iter().all(|folder| !folder.starts_with('.'));
        require(is_path(name) && open && !stem.is_empty(), || format!("{name:?} is no archive"))?;
    }
    Ok((folder, names))
}

/// Section 8: "Its parts are separated by `/`; none is empty, `.` or `..`. `%`, `\\` and every byte
/// that is not part of valid UTF-8 are written as `%` and two upper-case hex digits, and nothing
/// else is".
fn is_path(name: &str) -> bool {
    let parts = name.split('/').all(|part| !matches!(part, "" | "." | ".."));
    parts
        && !name.contains(['\\', '\0'])
        && escapes(name).is_some_and(|bytes| spell(&bytes) == name)
}

fn escapes(name: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = name.as_bytes();
    while let [first, after @ ..] = rest {
        if *first != b'%' {
            bytes.push(*first);
            rest = after;
            continue;
        }
        let digits = str::from_utf8(after.get(..2)?).ok()?;
        let upper = digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'A'..=b'F'));
        bytes.push(u8::from_str_radix(digits, 16).ok().filter(|_| upper)?);
        rest = &after[2..];
    }
    Some(bytes)
}

fn spell(bytes: &[u8]) -> String {
    let escape = |byte: &u8| format!("%{byte:02X}");
    let chunk = |chunk: std::str::Utf8Chunk<'_>| {
        let valid = chunk.valid().replace('%', "%25").replace('\\', "%5C");
        valid + &chunk.invalid().iter().map(escape).collect::<String>()
    };
    bytes.utf8_chunks().map(chunk).collect()
}
