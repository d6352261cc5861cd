use proptest::prelude::*;

use super::*;

/// Writes a file as `torch.save` did: one storage of floats, tensors of `(name, offset, shape, strides)` in it.
fn saved(floats: &[f32], tensors: &[(&str, u8, &[u8], &[u8])]) -> Vec<u8> {
    fn text(file: &mut Vec<u8>, text: &str) {
        file.push(b'X');
        file.extend((text.len() as u32).to_le_bytes());
        file.extend(text.as_bytes());
    }
    fn lengths(file: &mut Vec<u8>, lengths: &[u8]) {
        lengths.iter().for_each(|length| file.extend([b'K', *length]));
        file.push(0x84 + lengths.len() as u8);
    }
    let mut file =
        b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}q\x00.\x80\x02}q\x00(".to_vec();
    text(&mut file, "step");
    file.extend(b"J\x01\x00\x00\x00");
    text(&mut file, "model_state");
    file.extend(b"ccollections\nOrderedDict\nq\x03)Rq\x04(");
    for (name, offset, shape, strides) in tensors {
        text(&mut file, name);
        file.extend(b"ctorch._utils\n_rebuild_tensor_v2\n((");
        text(&mut file, "storage");
        file.extend(b"ctorch\nFloatStorage\n");
        text(&mut file, "key");
        text(&mut file, "cpu");
        file.extend(b"K\x01NtQK");
        file.push(*offset);
        lengths(&mut file, shape);
        lengths(&mut file, strides);
        file.extend(b"\x89h\x03)RtR");
    }
    file.extend(b"u}X\x09\x00\x00\x00_metadataNsbu.\x80\x02]q\x00(");
    text(&mut file, "key");
    file.extend(b"e.");
    file.extend((floats.len() as u64).to_le_bytes());
    floats.iter().for_each(|float| file.extend(float.to_le_bytes()));
    file
}

#[test]
fn tensors_are_taken_in_the_order_of_their_names() {
    let file = saved(
        &[1.0, 2.0, 3.0, 4.0, 5.0],
        &[("b.x", 1, &[2, 2], &[2, 1]), ("a.y", 0, &[1], &[1]), ("other", 0, &[1], &[1])],
    );
    let made = to_safetensors(&file, &["a.", "b."]).unwrap();
    let header = r#"{"a.y":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b.x":{"dtype":"F32","shape":[2,2],"data_offsets":[4,20]}}"#;
    let length = u64::from_le_bytes(made[..8].try_into().unwrap()) as usize;
    assert_eq!(std::str::from_utf8(&made[8..8 + length]).unwrap().trim_end(), header);
    assert!(length.is_multiple_of(8));
    let floats: Vec<f32> =
        made[8 + length..].chunks(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect();
    assert_eq!(floats, [1.0, 2.0, 3.0, 4.0, 5.0]);
}

#[test]
fn tensors_outside_their_storage_or_not_in_one_piece_are_refused() {
    for (offset, shape, strides) in [(4, &[2][..], &[1][..]), (0, &[2, 2], &[1, 2]), (0, &[200, 200], &[200, 1])] {
        assert!(to_safetensors(&saved(&[0.0; 5], &[("a.x", offset, shape, strides)]), &["a."]).is_none());
    }
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let file = saved(&[0.0; 5], &[("a.x", 0, &[5], &[1])]);
    assert!(to_safetensors(&file, &["a."]).is_some());
    for end in 0..file.len() {
        assert!(to_safetensors(&file[..end], &["a."]).is_none(), "cut after {end} bytes");
    }
}

proptest! {
    #[test]
    fn any_bytes_give_none_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2048)) {
        prop_assert!(to_safetensors(&bytes, &["a."]).is_none());
    }

    #[test]
    fn any_damage_gives_no_panic(at in 0usize..300, byte in any::<u8>()) {
        let mut file = saved(&[0.0; 5], &[("a.x", 0, &[5], &[1])]);
        let at = at % file.len();
        file[at] = byte;
        let _ = to_safetensors(&file, &["a."]);
    }
}
