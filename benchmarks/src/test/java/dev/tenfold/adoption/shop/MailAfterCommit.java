package dev.tenfold.adoption.shop;

import org.springframework.stereotype.Component;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Sends the mail as soon as the order is committed, on the thread of the request. If that fails, there is no mail. */
@Component
class MailAfterCommit implements Confirmations {

    private final Mailer mailer;

    MailAfterCommit(Mailer mailer) {
        this.mailer = mailer;
    }

    @Override
    public void confirm(PurchaseView order) {
        TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
            @Override
            public void afterCommit() {
                mailer.send(order.customer(), "Thank you for order " + order.id());
            }
        });
    }
}
