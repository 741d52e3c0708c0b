//! Detection of files in other formats, which were given by mistake.

/// Bytes from the start of a file that [`looks_like`] examines, if the file has as many.
pub(crate) const START_LEN: u64 = 512;

/// The first bytes of files that are given by mistake, and the names of their formats.
const KNOWN: [(&[u8], &str); 15] = [
    (b"WCDC", "a .wcodec file already: there is nothing to compress"),
    (
        b"version https://git-lfs",
        "a Git LFS pointer, not the file itself: run `git lfs pull` in its folder",
    ),
    (
        b"PK\x03\x04",
        "a zip archive, as torch.save and numpy.savez write: load it with what wrote it, and save \
         it with safetensors",
    ),
    (b"GGUF", "a GGUF file of llama.cpp: take the model's safetensors instead"),
    (
        b"\x89HDF\r\n\x1a\n",
        "an HDF5 file, as Keras writes: load it there, and save it with safetensors",
    ),
    (b"\x93NUMPY", "a NumPy array: load it there, and save it with safetensors"),
    (b"\x80\x02", PICKLE),
    (b"\x80\x03", PICKLE),
    (b"\x80\x04", PICKLE),
    (b"\x80\x05", PICKLE),
    (b"\x1f\x8b", "compressed with gzip: decompress it first"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd: decompress it first"),
    (b"\xfd7zXZ\0", "compressed with xz: decompress it first"),
    (b"BZh", "compressed with bzip2: decompress it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive: unpack it first"),
];

const PICKLE: &str =
    "a Python pickle, as torch.save once wrote: load it there, and save it with safetensors";

/// Names the format of a file that begins with `start` and is no model file, and the remedy.
pub(crate) fn looks_like(start: &[u8]) -> Option<&'static str> {
    let known = KNOWN.iter().find(|(magic, _)| start.starts_with(magic));
    known
        .map(|&(_, what)| what)
        .or_else(|| tar(start))
        .or_else(|| zeros(start))
        .or_else(|| text(start))
}

fn tar(start: &[u8]) -> Option<&'static str> {
    (start.get(257..262) == Some(b"ustar")).then_some("a tar archive: unpack it first")
}

fn zeros(start: &[u8]) -> Option<&'static str> {
    let only_zeros = start.len() >= 8 && start.iter().all(|&byte| byte == 0);
    only_zeros.then_some("zeros, as an unfinished download is: download it again")
}

fn text(start: &[u8]) -> Option<&'static str> {
    // Text that is cut inside a character is text.
    let whole = match str::from_utf8(start) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            str::from_utf8(&start[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    let text = whole.trim_start_matches('\u{feff}').trim_start();
    if text.is_empty() || text.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        return None;
    }
    let begins = |with: &str| text.get(..with.len()).is_some_and(|s| s.eq_ignore_ascii_case(with));
    Some(if ["<!doctype", "<html", "<head", "<?xml"].into_iter().any(begins) {
        "an HTML page, as a site sends instead of a file that it does not give out: open its \
         address in a browser, and download it again"
    } else if text.starts_with(['{', '[']) {
        "JSON, as an index of a model or a site's error message: the weights are in the files that \
         an index names"
    } else {
        "text: look at what it says, and download the file again"
    })
}

#[cfg(test)]
mod tests {
    use super::looks_like;

    #[test]
    fn files_given_by_mistake_are_known() {
        let mut tar = [b'x'; 512];
        tar[257..262].copy_from_slice(b"ustar");
        for (start, said) in [
            (&b"WCDC\x01\0\0\0"[..], ".wcodec"),
            (b"version https://git-lfs.github.com/spec/v1\noid", "git lfs pull"),
            (b"PK\x03\x04\0\0\0\0", "zip"),
            (b"GGUF\x03\0\0\0", "GGUF"),
            (b"\x80\x02\x8a\x0al\xfc\x9cF", "pickle"),
            (b"\x80\x04\x95\x10\0\0\0\0", "pickle"),
            (b"\x1f\x8b\x08\0", "gzip"),
            (&tar, "tar"),
            (&[0; 512], "zeros"),
            (b"\n <!DOCTYPE html>\n<html>", "HTML"),
            (b"<HTML>", "HTML"),
            (b"{\"metadata\":{}}", "JSON"),
            (b"\xef\xbb\xbf [1]", "JSON"),
            (b"Entry not found", "text"),
            ("zerstört: ä".as_bytes().split_last().unwrap().1, "text"),
        ] {
            let what = looks_like(start).unwrap_or_else(|| panic!("{said} is not known"));
            assert!(what.contains(said), "{said:?} is not in {what:?}");
        }
        for start in [&b""[..], b"   ", &[0xFF; 64], b"\x01\x02text", &[0; 3]] {
            assert_eq!(looks_like(start), None, "{start:?}");
        }
    }
}
