import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;

/** An echo server on Netty: java Echo.java boss|one PORT. */
public class Echo {
    public static void main(String[] args) throws Exception {
        boolean boss = args[0].equals("boss");
        // A group is a number of event loops, each a thread with a selector of its own. The boss group has the listener,
        // the worker group the connections; a program may give one group both.
        EventLoopGroup workers = new NioEventLoopGroup(boss ? 4 : 1);
        EventLoopGroup bosses = boss ? new NioEventLoopGroup(1) : workers;
        Channel listener = new ServerBootstrap()
            .group(bosses, workers)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 1024)
            .childHandler(new ChannelInitializer<SocketChannel>() {
                @Override
                protected void initChannel(SocketChannel c) {
                    c.pipeline().addLast(new EchoHandler());
                }
            })
            .bind("127.0.0.1", Integer.parseInt(args[1])).sync().channel();
        listener.closeFuture().sync();
    }

    /** Sends back what comes, and reads no more from a client that does not take its answers. */
    static class EchoHandler extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object bytes) {
            ctx.write(bytes);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            ctx.flush();
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            ctx.channel().config().setAutoRead(ctx.channel().isWritable());
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }
}
