use std::io::Cursor;

use proptest::prelude::*;

use super::*;

/// The smallest model that is believed: width 64, one layer on each side, q4_0.
fn smallest() -> Vec<u8> {
    let mut file = Vec::new();
    let mut put = |number: u32| file.extend(number.to_le_bytes());
    [MAGIC, 51_864, 1500, 64, 1, 1, 448, 64, 1, 1, 80, 2002, 80, 201].into_iter().for_each(&mut put);
    (0..80 * 201).for_each(|_| put(0));
    put(2);
    put(0);
    put(1);
    file.push(b'a');
    let info = GgmlInfo {
        multilingual: false,
        width: 64,
        encoder_layers: 1,
        decoder_layers: 1,
        mel_bands: 80,
        form: "q4_0",
        parameters: 0,
    };
    for (name, tensor) in tensors(&info, 51_864, Form::Q4_0) {
        let header = [3, name.len() as u32, tensor.form.number()].into_iter().chain(tensor.shape);
        header.for_each(|number| file.extend(number.to_le_bytes()));
        file.extend(name.as_bytes());
        file.resize(file.len() + tensor.bytes() as usize, 0);
    }
    file
}

fn walk(bytes: &[u8]) -> Result<GgmlInfo, String> {
    Walk { file: BufReader::new(Cursor::new(bytes)), left: bytes.len() as u64 }.model().map_err(|fault| match fault {
        Fault::Read(error) => panic!("asked for more than there is: {error}"),
        Fault::Bad(what) => what,
    })
}

#[test]
fn a_whole_model_is_taken() {
    let info = walk(&smallest()).unwrap();
    assert_eq!((info.width, info.encoder_layers, info.decoder_layers, info.form), (64, 1, 1, "q4_0"));
    assert!(!info.multilingual && info.parameters > 51_864 * 64);
}

#[test]
fn a_model_cut_anywhere_or_with_something_after_it_is_refused() {
    let whole = smallest();
    let near_the_start = 0..2000;
    let anywhere = (0..whole.len()).step_by(1 + whole.len() / 3000);
    let near_the_end = whole.len() - 200..whole.len();
    for end in near_the_start.chain(anywhere).chain(near_the_end) {
        assert!(walk(&whole[..end]).is_err(), "cut after {end} bytes");
    }
    let mut longer = whole;
    longer.push(0);
    assert!(walk(&longer).is_err());
}

#[test]
fn absurd_dimensions_are_refused() {
    let whole = smallest();
    let names = ["magic", "vocabulary", "audio context", "width", "heads", "layers", "text context", "text width"];
    let names = names.into_iter().chain(["text heads", "text layers", "mels", "file type", "filters", "bins"]);
    let tokens = (14 + 80 * 201) * 4;
    for (at, name) in
        names.enumerate().map(|(index, name)| (index * 4, name)).chain([(tokens, "tokens"), (tokens + 4, "token")])
    {
        for absurd in [0, 3, 0x7fff_ffff, 0x8000_0000, u32::MAX] {
            let mut file = whole.clone();
            if file[at..at + 4] == absurd.to_le_bytes() {
                continue;
            }
            file[at..at + 4].copy_from_slice(&absurd.to_le_bytes());
            assert!(walk(&file).is_err(), "{name} = {absurd}");
        }
    }
}

#[test]
fn a_damaged_tensor_header_is_refused() {
    let whole = smallest();
    let tensors_start = (14 + 80 * 201) * 4 + 13;
    for offset in 0..24 {
        for flip in [0x01, 0x80] {
            let mut file = whole.clone();
            file[tensors_start + offset] ^= flip;
            assert!(walk(&file).is_err(), "byte {offset} of the first tensor");
        }
    }
}

#[test]
fn a_refusal_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("model.bin");
    for (bytes, message) in [
        (&b""[..], "cut short"),
        (b"PK\x03\x04 something else", "does not begin as one"),
        (b"\n<!DOCTYPE html><title>log in</title>", "is a web page"),
    ] {
        std::fs::write(&path, bytes).unwrap();
        let error = check_ggml(&path).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        assert!(error.hint().unwrap().contains("sidetone models import"));
    }
    std::fs::write(&path, smallest()).unwrap();
    assert_eq!(check_ggml(&path).unwrap().width, 64);
    assert!(matches!(check_ggml(&dir.path().join("none")), Err(WeightsError::Read { .. })));
}

proptest! {
    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..4096)) {
        prop_assert!(walk(&bytes).is_err());
    }

    #[test]
    fn any_bytes_behind_the_magic_are_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..256), keep in 4usize..200) {
        let mut file = smallest();
        file.truncate(keep);
        file.extend(bytes);
        prop_assert!(walk(&file).is_err());
    }
}
