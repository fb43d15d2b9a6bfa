package dev.tenfold.adoption.shop;

import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.ResponseStatus;

/** There is not enough of something. */
@ResponseStatus(HttpStatus.CONFLICT)
class SoldOutException extends RuntimeException {

    private static final long serialVersionUID = 1;

    SoldOutException(String message) {
        super(message);
    }
}
