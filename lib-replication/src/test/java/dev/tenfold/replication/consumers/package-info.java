/** Applications that run over a routing data source, each as its makers would write it. */
package dev.tenfold.replication.consumers;
