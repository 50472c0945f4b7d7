//! How an input of the laws about streams says where its stream is cut, and how long a part of it may be.

/// Splits an input into where a stream is to be cut (its first two bytes), a limit (the third) and the stream.
/// The pieces are as long as the four halves of the two bytes say, again and again.
pub fn stream(input: &[u8]) -> (Vec<&[u8]>, usize, &[u8]) {
    let Some((&[a, b, limit], stream)) = input.split_first_chunk() else {
        return (Vec::new(), usize::MAX, &[]);
    };
    let lengths = [a >> 4, a & 15, b >> 4, b & 15];
    let (mut rest, mut pieces) = (stream, Vec::new());
    for length in lengths.into_iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (piece, after) = rest.split_at(rest.len().min(usize::from(length) + 1));
        pieces.push(piece);
        rest = after;
    }
    // Most streams are read with a limit they keep.
    let limit = if limit < 32 { usize::from(limit) } else { usize::MAX };
    (pieces, limit, stream)
}
