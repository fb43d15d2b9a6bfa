package dev.tenfold.queue;

import java.util.Map;

/**
 * A published message, shared by every queue that got it. Its headers are immutable; its body should be.
 *
 * @param exchange empty for the default exchange
 */
record Message<E>(E body, Map<String, Object> headers, String exchange, String routingKey) {}
