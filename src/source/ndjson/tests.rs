use proptest::prelude::*;
use tokio::io::AsyncWriteExt;

use super::*;

const LIMITS: config::Source = config::Source { max_event_bytes: 16, batch_size: 3, backlog_limit: 10 };

fn source(bytes: &[u8], limits: &config::Source) -> NdjsonSource {
    let reader = Box::new(io::Cursor::new(bytes.to_vec()));
    NdjsonSource::new("events.ndjson".to_owned(), reader, None, limits)
}

/// Every line as (origin, body), and the sizes of the batches.
async fn read(mut source: NdjsonSource) -> (Vec<(String, Vec<u8>)>, Vec<usize>) {
    let (mut lines, mut sizes) = (Vec::new(), Vec::new());
    while let Some(batch) = source.next().await {
        sizes.push(batch.deliveries.len());
        lines.extend(batch.deliveries.iter().map(|delivery| (delivery.origin.clone(), delivery.body.clone())));
        source.finish(batch, Vec::new()).await;
    }
    (lines, sizes)
}

fn line(number: usize, body: &[u8]) -> (String, Vec<u8>) {
    (format!("events.ndjson:{number}"), body.to_vec())
}

#[tokio::test]
async fn every_line_keeps_its_number_though_blank_ones_are_passed_over() {
    let (lines, _) = read(source(b"{\"a\":1}\n\n  \t\n{\"b\":2}\r\n\r\n{\"c\":3}", &LIMITS)).await;
    assert_eq!(lines, [line(1, b"{\"a\":1}"), line(4, b"{\"b\":2}"), line(6, b"{\"c\":3}")]);
}

#[tokio::test]
async fn a_batch_is_no_larger_than_configured() {
    let (lines, sizes) = read(source(b"1\n2\n3\n4\n5\n6\n7\n", &LIMITS)).await;
    assert_eq!((lines.len(), sizes), (7, vec![3, 3, 1]));
}

#[tokio::test]
async fn a_line_that_is_too_long_is_read_through_and_given_out_one_byte_too_long() {
    let mut input = vec![b'x'; 3 * BUFFER];
    input.extend_from_slice(b"\nshort\n");
    let (lines, _) = read(source(&input, &LIMITS)).await;
    assert_eq!(lines, [line(1, &[b'x'; 17]), line(2, b"short")]);
}

#[tokio::test]
async fn a_line_that_is_too_long_does_not_become_short_enough_by_a_carriage_return() {
    let cut = b"0123456789abcdef\rmore\n0123456789abcdef\r\n";
    let (lines, _) = read(source(cut, &LIMITS)).await;
    assert_eq!(lines, [line(1, b"0123456789abcdef\r"), line(2, b"0123456789abcdef")]);
}

#[tokio::test]
async fn a_long_line_that_only_begins_blank_is_not_passed_over() {
    let mut input = vec![b' '; 100];
    input.extend_from_slice(b"{}\n");
    let (lines, _) = read(source(&input, &LIMITS)).await;
    assert_eq!(lines, [line(1, &[b' '; 17])]);
}

#[tokio::test]
async fn bytes_that_are_not_utf8_are_passed_on_as_they_are() {
    let (lines, _) = read(source(b"\xff\xfe\n{}\n", &LIMITS)).await;
    assert_eq!(lines, [line(1, b"\xff\xfe"), line(2, b"{}")]);
}

#[tokio::test]
async fn a_byte_order_mark_is_no_part_of_the_first_line() {
    let (lines, _) = read(source(b"\xef\xbb\xbf{}\n\xef\xbb\xbf{}\n", &LIMITS)).await;
    assert_eq!(lines, [line(1, b"{}"), line(2, b"\xef\xbb\xbf{}")]);
}

#[tokio::test]
async fn nothing_is_an_empty_source() {
    for input in [b"".as_slice(), b"\n", b"\n\n\r\n  "] {
        assert_eq!(read(source(input, &LIMITS)).await.0, []);
    }
}

#[tokio::test]
async fn what_was_read_before_the_wait_was_cut_short_is_not_lost() {
    let (mut writer, reader) = tokio::io::duplex(64);
    let mut source = NdjsonSource::new("-".to_owned(), Box::new(reader), None, &LIMITS);
    writer.write_all(b"{\"half\":").await.unwrap();
    // Polled once, it takes the half line and waits.
    assert!(futures_util::FutureExt::now_or_never(source.next()).is_none());
    writer.write_all(b"1}\n").await.unwrap();
    let batch = source.next().await.unwrap();
    assert_eq!(batch.deliveries[0].body, b"{\"half\":1}");
}

#[tokio::test]
async fn a_live_input_gives_what_is_there_without_waiting_for_a_full_batch() {
    let (mut writer, reader) = tokio::io::duplex(64);
    let mut source = NdjsonSource::new("-".to_owned(), Box::new(reader), None, &LIMITS);
    writer.write_all(b"1\n2\n").await.unwrap();
    assert_eq!(source.next().await.unwrap().deliveries.len(), 2);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_named() {
    let dir = tempfile::tempdir().unwrap();
    for path in [dir.path().join("missing.ndjson"), dir.path().to_owned()] {
        let error = NdjsonSource::open(&Input::File(path.clone()), &LIMITS).await.unwrap_err();
        assert!(error.to_string().starts_with(&format!("`{}` cannot be read: ", path.display())), "{error}");
    }
}

#[tokio::test]
async fn a_file_knows_how_far_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("events.ndjson");
    std::fs::write(&path, "1\n22\n").unwrap();
    let mut source = NdjsonSource::open(&Input::File(path), &LIMITS).await.unwrap();
    let progress = source.progress();
    assert_eq!((progress.bytes_read(), progress.bytes_total()), (0, Some(5)));
    while source.next().await.is_some() {}
    assert_eq!((progress.bytes_read(), progress.lines_read()), (5, 2));
    assert!(progress.failure().is_none());
}

proptest! {
    #[test]
    fn every_line_that_fits_comes_out_as_it_went_in(
        lines in proptest::collection::vec(proptest::collection::vec(0x21_u8..0x7f, 1..16), 0..40),
        ending in prop_oneof![Just("\n"), Just("\r\n")],
        last in any::<bool>(),
    ) {
        let mut input = lines.join(ending.as_bytes());
        if last {
            input.extend_from_slice(ending.as_bytes());
        }
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (read, _) = runtime.block_on(read(source(&input, &LIMITS)));
        prop_assert_eq!(read.into_iter().map(|(_, body)| body).collect::<Vec<_>>(), lines);
    }
}
