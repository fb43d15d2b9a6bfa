package dev.tenfold.adoption;

import dev.tenfold.session.Session;
import dev.tenfold.session.SessionToken;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.springframework.http.ResponseCookie;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.util.ContentCachingResponseWrapper;
import org.springframework.web.util.WebUtils;

/** Carries what a browser has seen from request to request, and from server to server. */
// example: adoptSession
final class SessionCookie extends OncePerRequestFilter {

    private static final ThreadLocal<@Nullable Session> CURRENT = new ThreadLocal<>();

    private final SessionToken tokens;

    SessionCookie(byte[] secret) {
        tokens = SessionToken.signedWith(secret);
    }

    /** The session of the request that this thread works on. */
    static @Nullable Session current() {
        return CURRENT.get();
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        Cookie cookie = WebUtils.getCookie(request, "seen");
        Session session = cookie == null ? new Session() : tokens.decode(cookie.getValue());
        // The answer is held back: what was seen is known when the work is done.
        ContentCachingResponseWrapper answer = new ContentCachingResponseWrapper(response);
        CURRENT.set(session);
        try {
            chain.doFilter(request, answer);
        } finally {
            CURRENT.remove();
        }
        response.addHeader(
                "Set-Cookie",
                ResponseCookie.from("seen", tokens.encode(session))
                        .path("/")
                        .httpOnly(true)
                        .build()
                        .toString());
        answer.copyBodyToResponse();
    }
}
// end
