package dev.tenfold.journey.stage;

/**
 * Something that was promised, and what came of it.
 *
 * @param what the promise, in a few words
 * @param kept whether it held
 * @param measured what was seen
 */
public record Claim(String what, boolean kept, String measured) {}
