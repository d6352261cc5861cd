use proptest::prelude::*;

use super::*;

fn span(start: usize, end: usize) -> Span {
    Span::new(Sample(start as u64), Sample(end as u64)).unwrap()
}

/// The sound at a place tells the place; nowhere zero.
fn sound(length: usize) -> Vec<f32> {
    (0..length).map(|at| 1.0 + at as f32).collect()
}

/// Packs as a session does: in blocks, each span as late as voice activity may hand it over.
fn pack(length: usize, speech: &[Span], late: usize) -> Vec<Window> {
    let (mut packer, sound) = (Packer::new(Track(0)), sound(length));
    let (mut windows, mut handed) = (Vec::new(), 0);
    for (i, block) in sound.chunks(8000).enumerate() {
        let heard = i * 8000 + block.len();
        let ready = speech.iter().take_while(|s| s.end().0 as usize + late <= heard).count();
        windows.extend(packer.push(block, &speech[handed..ready]));
        handed = ready;
    }
    windows.extend(packer.finish(&speech[handed..]));
    windows
}

/// Pauses and lengths, in tenths of a second, to spans; a pause of 0 makes two spans touch.
fn spans(tenths: &[(usize, usize)]) -> (Vec<Span>, usize) {
    let mut at = 0;
    let mut spans = Vec::new();
    for (pause, length) in tenths {
        let start = at + if *pause < 3 { 0 } else { pause * 1600 };
        at = start + length * 1600;
        spans.push(span(start, at));
    }
    (spans, at + 16_000)
}

#[test]
fn pieces_are_apart_and_short_pauses_are_real_sound() {
    // 1 s of speech, 0.4 s of pause, 1 s, 10 s of pause, 1 s.
    let windows = pack(400_000, &[span(16_000, 32_000), span(38_400, 54_400), span(214_400, 230_400)], 4800);
    assert_eq!(windows.len(), 1);
    let window = &windows[0];
    let pieces = [
        (3200, span(16_000, 32_000)),
        (25_600, span(38_400, 54_400)),
        (25_600 + 16_000 + 6400, span(214_400, 230_400)),
    ];
    assert_eq!(window.pieces, pieces);
    assert_eq!(window.samples.len(), 48_000 + 16_000 + 3200);
    assert!(window.samples.iter().all(|s| *s > 0.0));
}

#[test]
fn a_piece_too_many_opens_the_next_window() {
    let windows = pack(1_000_000, &[span(0, 320_000), span(330_000, 600_000)], 4800);
    assert_eq!(windows.iter().map(|w| w.pieces.len()).collect::<Vec<_>>(), [1, 1]);
    // Without a pause, nothing is decoded twice.
    let windows = pack(1_000_000, &[span(0, 320_000), span(320_000, 600_000)], 0);
    assert_eq!(windows[1].pieces[0], (0, span(320_000, 600_000)));
    assert_eq!(windows[0].samples.len(), 320_000);
}

#[test]
fn a_long_pause_closes_what_is_worth_a_pass() {
    for (speech, pause, closes) in [(12, 2, false), (12, 3, true), (8, 60, false)] {
        let mut packer = Packer::new(Track(0));
        let length = (speech + pause) * 16_000;
        assert_eq!(packer.push(&sound(length), &[span(0, speech * 16_000)]), []);
        assert_eq!(packer.close_after_pause().is_some(), closes, "{speech} s, then {pause} s");
        assert_eq!(packer.finish(&[]).is_empty(), closes);
    }
}

fn extents(text: &str) -> Vec<Extent> {
    text.split_whitespace().map(Extent::of).collect()
}

#[test]
fn words_lie_in_speech_and_in_one_piece() {
    let windows = pack(200_000, &[span(16_000, 32_000), span(64_000, 96_000)], 4800);
    let place = |start, end, text| windows[0].place(start, end, &extents(text));
    // From the silence before to the silence behind: all speech, 1 s and 2 s of it.
    let expected = [span(16_000, 32_000), span(64_000, 80_000), span(80_000, 96_000)];
    assert_eq!(place(0.0, 30.0, "aaa bbb ccc"), expected);
    // The pause is where the sentence ends, though by length one word more would fit before it, or one fewer.
    for (text, first) in [
        ("Did it? Yes, we did that.", 2),
        ("Did it go well? Yes, it did.", 4),
        ("did it go well then so", 2),
        ("Did it go so really well? Yes.", 3),
    ] {
        let before = place(0.0, 30.0, text).iter().filter(|word| word.end().0 <= 32_000).count();
        assert_eq!(before, first, "{text}");
    }
    // A segment whose start lies a little before the end of the first piece is about the second.
    assert_eq!(place(1.1, 30.0, "a"), [span(64_000, 96_000)]);
    // In silence, or outside: the nearest piece.
    assert_eq!(place(0.0, 0.1, "a"), [span(16_000, 32_000)]);
    assert_eq!(place(28.0, 29.0, "a"), [span(64_000, 96_000)]);
    assert_eq!(place(5.0, 1.0, "a").len(), 1);
    assert_eq!(place(0.0, 30.0, ""), []);
}

#[test]
fn off_the_record_leaves_no_sample() {
    let mut packer = Packer::new(Track(0));
    packer.push(&sound(80_000), &[span(0, 16_000), span(32_000, 48_000)]);
    packer.forget_from(Sample(40_000));
    packer.push(&sound(160_000)[80_000..], &[span(100_000, 116_000)]);
    let windows = packer.finish(&[]);
    let pieces: Vec<Span> = windows[0].pieces.iter().map(|p| p.1).collect();
    assert_eq!(pieces, [span(0, 16_000), span(32_000, 40_000), span(100_000, 116_000)]);
    assert!(windows[0].samples.iter().all(|s| *s <= 40_000.0 || *s > 80_000.0));
    let mut window = windows[0].clone();
    assert!(window.forget_from(Sample(10_000)));
    assert_eq!((&window.pieces, &window.samples), (&vec![(0, span(0, 10_000))], &sound(10_000)));
    assert!(!windows[0].clone().forget_from(Sample(0)));
}

#[test]
fn what_is_dropped_from_the_middle_leaves_both_sides_where_they_were() {
    let mut packer = Packer::new(Track(0));
    packer.push(&sound(120_000), &[span(0, 16_000), span(32_000, 48_000), span(64_000, 80_000)]);
    packer.forget(span(30_000, 50_000));
    packer.push(&sound(160_000)[120_000..], &[span(100_000, 116_000)]);
    let windows = packer.finish(&[]);
    let pieces: Vec<Span> = windows[0].pieces.iter().map(|p| p.1).collect();
    assert_eq!(pieces, [span(0, 16_000), span(64_000, 80_000), span(100_000, 116_000)]);
    for &(offset, piece) in &windows[0].pieces {
        let heard = &windows[0].samples[offset..][..piece.samples() as usize];
        assert_eq!(heard, &sound(120_000)[piece.start().0 as usize..piece.end().0 as usize], "{piece:?}");
    }
    let secret = |s: &&f32| (30_001.0..=50_000.0).contains(*s);
    assert_eq!(windows[0].samples.iter().filter(secret).count(), 0);
    // Through the middle of a piece, and then all of it; also where the samples were given up before.
    for shed in [false, true] {
        let mut window = windows[0].clone();
        if shed {
            window.shed();
        }
        assert!(window.forget(span(4_000, 70_000)));
        assert!(window.restore(|span| Some(sound(span.end().0 as usize)[span.start().0 as usize..].to_vec())));
        let pieces: Vec<Span> = window.pieces.iter().map(|p| p.1).collect();
        assert_eq!(pieces, [span(0, 4_000), span(70_000, 80_000), span(100_000, 116_000)]);
        assert!(window.samples.iter().all(|s| !(4_001.0..=70_000.0).contains(s)));
        for &(offset, piece) in &window.pieces {
            assert_eq!(window.samples[offset], piece.start().0 as f32 + 1.0);
        }
        assert!(!window.forget(span(0, 200_000)));
    }
}

proptest! {
    // A case is minutes of sound.
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn nothing_is_lost_and_nothing_drifts(
        tenths in prop::collection::vec((0usize..40, 1usize..200), 1..12),
        late in 0usize..4800,
    ) {
        let (speech, length) = spans(&tenths);
        let windows = pack(length, &speech, late);
        let mut said = 0;
        let mut at = Sample(0);
        for window in &windows {
            prop_assert!(window.samples.len() <= WINDOW_SAMPLES_MAX);
            let mut behind: Option<(usize, Span)> = None;
            for &(offset, piece) in &window.pieces {
                prop_assert!(piece.start() >= at);
                if let Some((end, last)) = behind {
                    let touching = last.end() == piece.start();
                    prop_assert!(touching && offset == end || offset >= end + MIN_BETWEEN);
                }
                let heard = &window.samples[offset..offset + piece.samples() as usize];
                let expected = piece.start().0 as f32 + 1.0;
                prop_assert_eq!((heard[0], heard[heard.len() - 1]), (expected, piece.end().0 as f32));
                said += piece.samples();
                at = piece.end();
                behind = Some((offset + piece.samples() as usize, piece));
            }
            let mut again = window.clone();
            again.shed();
            let all = sound(length);
            let restored =
                again.restore(|s| all.get(s.start().0 as usize..s.end().0 as usize).map(<[f32]>::to_vec));
            prop_assert!(restored);
            prop_assert_eq!(&again, window);
        }
        prop_assert_eq!(said, speech.iter().map(|s| s.samples()).sum::<u64>());
    }

    #[test]
    fn a_word_lies_in_the_piece_it_is_placed_in(
        tenths in prop::collection::vec((0usize..40, 1usize..60), 1..8),
        start in 0.0f64..30.0, length in 0.0f64..30.0,
        text in "([a-z]{0,12}[.,?]? ){0,30}",
    ) {
        let (speech, total) = spans(&tenths);
        for window in pack(total, &speech, 4800) {
            let words = extents(&text);
            let placed = window.place(start, start + length, &words);
            prop_assert_eq!(placed.len(), words.len());
            prop_assert!(placed.is_sorted_by_key(|word| word.start()));
            for word in placed {
                prop_assert!(window.pieces.iter().any(|(_, piece)| word.overlap(*piece) == Some(word)));
            }
        }
    }
}
