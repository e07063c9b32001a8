#include <zmq.h>
// What a wait on ZeroMQ sockets is interrupted with; Swift's Glibc module does not have it.
#include <sys/eventfd.h>
